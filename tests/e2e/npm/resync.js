// The calls of the vendor's own client, as a script of a customer would make them; prints what it made of each answer.
const { ErpSyncAgent } = require("@superoffice/webapi");

const [baseUrl, username, password, ids, key] = process.argv.slice(2);
const config = { auth: { username, password } };
const agent = new ErpSyncAgent(baseUrl, config, "nb", "nb-NO");
const records = JSON.parse(ids);

const calls = {
  engine: () => agent.getEngineStatusAsync(),
  connections: () => agent.getAllConnectionsAsync(),
  named: () => agent.forceResyncAsync(0, records),
  partly: () => agent.forceResyncAsync(0, [...records, 999999]),
  filled: () => agent.forceResyncNoBlankValuesAsync(0, records),
  later: () => agent.forceResyncBatchTaskAsync(0, []),
  external: () => agent.forceResyncExternalAsync(0, "Customer", [key]),
  unknown: () => agent.forceResyncAsync(4711, []),
  other: () => agent.changeEngineStatusAsync(true),
};

(async () => {
  const told = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      told[name] = { answer: (await call()) ?? null };
    } catch (error) {
      told[name] = { status: error.response?.status ?? null, error: error.response?.data ?? String(error) };
    }
  }
  console.log(JSON.stringify(told));
})();
