"""The methods of the ErpSync agent: all 49 with their parameters, and what this hub answers of them.

From facts/superoffice.md, section 1. Types are written as the vendor's documents name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

BASE = "/api/v1/Agents/ErpSync"

INT, TEXT, FLAG, INTS, TEXTS, MAP = "int", "string", "bool", "int[]", "string[]", "map<string,string>"
CONNECTION: Mapping[str, str] = {"ErpConnectionId": INT}
ACTOR: Mapping[str, str] = {**CONNECTION, "ErpActorType": "ErpActorType"}
CRM_ACTOR: Mapping[str, str] = {"CrmActorType": "CrmActorType", "EntityId": INT}
LINK: Mapping[str, str] = {
    **CONNECTION,
    "CrmRecordId": INT,
    "CrmActorType": "CrmActorType",
    "ErpKey": TEXT,
    "ErpActorType": "ErpActorType",
}
VALUES: Mapping[str, str] = {**LINK, "FieldValues": "ErpSyncFieldValue[]"}
RECORDS: Mapping[str, str] = {**CONNECTION, "InternalKeyIds": INTS}
KEYS: Mapping[str, str] = {**ACTOR, "ExternalKeys": TEXTS}
NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it takes, what it gives (None: 204 without a body), and what it does, if this hub does it."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    returns: str | None = None
    does: str = ""


ANSWERED: Mapping[str, Method] = {
    "ForceResync": Method(
        RECORDS, "PluginResponse", "Send records again to all other connections, as the hub or a connection has them."
    ),
    "ForceResyncNoBlankValues": Method(
        RECORDS, "PluginResponse", "As ForceResync; blank values of the source overwrite nothing."
    ),
    "ForceResyncBatchTask": Method(RECORDS, None, "As ForceResync, without waiting for it."),
    "ForceResyncExternal": Method(
        KEYS, "PluginResponse", "As ForceResync, for records named by the keys of the connection."
    ),
    "ForceResyncExternalNoBlankValues": Method(
        KEYS, "PluginResponse", "As ForceResyncExternal; blank values of the source overwrite nothing."
    ),
    "GetAllConnections": Method({"IncludeDeleted": FLAG}, "ErpConnection[]", "The connections of the hub."),
    "GetConnection": Method(CONNECTION, "ErpConnection", "One connection, or null."),
    "GetEngineStatus": Method(NONE, "ErpSyncEngineStatus", "Whether the hub tells its connections what changed."),
}

NOT_ANSWERED: Mapping[str, Method] = {
    "SaveConnection": Method({"Connection": "ErpConnection"}, "ErpConnection"),
    "DeleteConnection": Method(CONNECTION),
    "GetConfigurationFields": Method({"ErpConnectorId": INT}, "FieldMetadata[]"),
    "GetErpConnectionConfigFields": Method(CONNECTION, MAP),
    "ToggleErpConnectionActive": Method(CONNECTION, TEXTS),
    "TestConnectionById": Method(CONNECTION, FLAG),
    "TestConnectionByConfig": Method({**CONNECTION, "ConfigFields": MAP}, FLAG),
    "SaveErpConnectionSyncPriorities": Method({"ErpConnectionIds": INTS}, FLAG),
    "MoveErpFieldItem": Method(
        {"ErpFieldId": INT, "Direction": INT, "ErpConnectionId": INT, "ErpActorType": "ErpActorType"}
    ),
    "SupportsAdvancedSearch": Method(ACTOR, FLAG),
    "GetAllConnectors": Method(NONE, "ListItem[]"),
    "GetConnectionsAndDisplayFields": Method(CRM_ACTOR, "ErpConnectionData[]"),
    "GetErpFieldValues": Method({**CONNECTION, **CRM_ACTOR, "FieldKeys": TEXTS}, TEXTS),
    "GetFieldsForNewErpActor": Method(ACTOR, "FieldMetadata[]"),
    "GetConnectionListMappings": Method(CONNECTION, "ErpConnectionListMappingContainer"),
    "SaveConnectionListMappings": Method(
        {"ListMapping": "ErpConnectionListMappingContainer"}, "ErpConnectionListMappingContainer"
    ),
    "ConnectActor": Method(VALUES),
    "TryConnectActor": Method(VALUES, FLAG),
    "GetFieldValuesFromCrm": Method({"RecordId": INT, "ActorTypeCrm": "CrmActorType"}, "ErpSyncFieldValue[]"),
    "GetFieldValuesFromErp": Method(
        {**CONNECTION, "ActorTypeErp": "ErpActorType", "ErpKey": TEXT}, "ErpSyncFieldValue[]"
    ),
    "GetActorTypeMapping": Method({**CONNECTION, "ActorType": "ErpActorType"}, "ErpSyncActorTypeMapping"),
    "CreateActorLink": Method(LINK, FLAG),
    "BreakActorLink": Method({**CONNECTION, "CrmRecordId": INT, "CrmActorType": "CrmActorType"}, FLAG),
    "CreateErpActorFromCrm": Method(
        {
            "ConnectionId": INT,
            "CrmEntityId": INT,
            "ErpActorType": "ErpActorType",
            "CrmActorType": "CrmActorType",
            "ErpFieldKeyValues": MAP,
        },
        FLAG,
    ),
    "SaveActorTypeMapping": Method({"Mapping": "ErpSyncActorTypeMapping"}, "ErpSyncActorTypeMapping"),
    "ValidateArchiveColumnConfig": Method({"ListOwner": TEXT, **CONNECTION}),
    "UpdateConnectionFields": Method(CONNECTION, FLAG),
    "GetCrmActorType": Method(ACTOR, "CrmActorType"),
    "GetErpSyncConnectionSummary": Method({"ErpSyncConnectionId": INT}, "ErpSyncConnectionSummary"),
    "CreateDefaultErpSyncConnectorEntity": Method(NONE, "ErpSyncConnectorEntity"),
    "SaveErpSyncConnectorEntity": Method(
        {"ErpConnectorId": INT, "DisplayName": TEXT, "URL": TEXT, "Deleted": FLAG}, "ErpSyncConnectorEntity"
    ),
    "DeleteErpSyncConnectorEntity": Method({"erpSyncConnectorEntityId": INT}),
    "GetErpSyncConnectorEntity": Method({"erpSyncConnectorEntityId": INT}, "ErpSyncConnectorEntity"),
    "CanDeleteErpSyncConnectorEntity": Method({"ErpSyncConnectorId": INT}, "ErpSyncResponseCode"),
    "TestConnectorUrl": Method({"Url": TEXT}, "ErpSyncResponseCode"),
    "SaveDefaultValueInfo": Method({"ErpSyncDefaultValue": "ErpSyncDefaultValue"}, "ErpSyncDefaultValue"),
    "GetDefaultValueInfo": Method({"ErpFieldId": INT}, "ErpSyncDefaultValue"),
    "SyncAll": Method(NONE, "PluginResponse"),
    "ForceSyncAll": Method(NONE, "PluginResponse"),
    "ChangeEngineStatus": Method({"Run": FLAG}, "ErpSyncEngineStatus"),
    "ChangeEngineInterval": Method({"Interval": TEXT}),
}

METHODS: Mapping[str, Method] = {**ANSWERED, **NOT_ANSWERED}
_BY_LETTERS = {name.lower(): name for name in METHODS}


def spelled(name: str) -> str | None:
    """A method's name as the vendor spells it, found in any letter case."""
    return _BY_LETTERS.get(name.lower())
