// Calls as the vendor's samples for Node make them: reads an array of requests, writes an array of answers.
"use strict";
const http = require("http");

function call(said) {
  const body = said.body === null ? null : Buffer.from(JSON.stringify(said.body));
  // unirest says how long a body is; http alone would not, for a DELETE.
  const headers = body === null ? said.headers : { ...said.headers, "content-length": body.length };
  return new Promise((resolve, reject) => {
    const request = http.request(said.url, { method: said.method, headers }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(pieces).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function main() {
  const pieces = [];
  for await (const piece of process.stdin) {
    pieces.push(piece);
  }
  const answers = [];
  for (const said of JSON.parse(Buffer.concat(pieces).toString())) {
    answers.push(await call(said));
  }
  process.stdout.write(JSON.stringify(answers));
}

main();
