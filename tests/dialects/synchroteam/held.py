"""Lines of every entity that is carried in files, each naming records of those before."""

from typing import Any

SIGNS = "Äöü Κώστας 李 نور\u2028 \\ \" ' <&>"
PLACE = {"Latitude": "38.8998214", "Longitude": "-77.1791373"}
FIELDS = [{"id": 2, "name": "Serial", "value": "125"}, {"id": 7, "name": SIGNS, "value": ""}]
DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
HELD: dict[str, list[dict[str, Any]]] = {
    "employee": [
        {
            "id": 266,
            "login": "bill",
            "firstName": "Bill",
            "lastName": SIGNS,
            "phone": "+49 30",
            "profile": "technician",
            "language": "EN",
            "groups": ["g1", "g 2"],
            "skilledTrades": ["plumber"],
            "startLocation": {"fullAdress": "Quay 1", "latitude": "1.5", "longitude": "-2"},
            "CustomFieldValues": FIELDS,
        },
        {"id": 267, "login": "ann", "lastName": "Ann"},
    ],
    "warehouse": [{"id": 3, "idStock": "d6a71643-0ad2-4de8-abcb-34f54c4ca12e", "nmStock": SIGNS}],
    "customer": [
        {
            "id": 412,
            "myId": "C/1",
            "name": SIGNS,
            "address": "Quay 1",
            "adressZIP": "0042",
            "contactName": "Doe",
            "position": PLACE,
            "customFieldValues": FIELDS,
            "tags": ["a,b", SIGNS],
        },
        {"id": 7, "name": "Keyless"},
    ],
    "site": [
        {"id": 31, "myId": "S1", "name": "Quay", "customerId": 412, "customerMyId": "C/1", "position": PLACE},
        {"id": 32, "name": "Mill", "customerId": 7, "tags": ["x"]},
        {"id": 33, "name": "Nobody's"},
    ],
    "equipment": [
        {"id": 51, "myId": "E1", "name": "Oven", "customerId": 412, "siteId": 31, "customFieldValues": FIELDS},
        {"id": 52, "name": "Pump", "customerMyId": "C/1", "siteMyId": "S1"},
    ],
    "item": [
        {"id": 91, "reference": "p11", "name": SIGNS, "price": "10.25", "taxId": 5, "taxVal": "19.6", "tracked": True},
        {
            "id": 92,
            "reference": "458",
            "name": "Pipe",
            "categoryId": 3,
            "categoryName": "Soft",
            "minQuantity": 2.5,
            "serializable": True,
        },
    ],
    "stock_level": [
        {"id": 95, "depotId": 3, "reference": "458", "quantity": 2, "serials": ["771", "772"]},
        {"id": 96, "depot": SIGNS, "partId": 91, "quantity": 4.5},
    ],
    "stock_request": [
        {
            "id": "22aa76ac-03c8-4fdb-baee-dca2d33cdd23",
            "destination": {"idStock": "d6a71643-0ad2-4de8-abcb-34f54c4ca12e", "nmStock": SIGNS},
            "part": {"idPiece": 91, "codeProduit": "p11", "nmPiece": SIGNS},
            "user": {"idUser": 266, "loginUser": "bill"},
            "quantity": 3,
            "completed": 1,
            "isUrgent": True,
            "dateCreated": "19/07/2026 12:00:00",
        },
        {"id": "1c9035a3-ce56-4e13-b9d0-dffb9c02e782", "quantity": -1},
    ],
    "activity_type": [{"id": 84, "name": SIGNS, "color": "887788", "hasConflit": True}, {"id": 85, "name": "Holiday"}],
    "activity": [
        {
            "idActivity": 119,
            "nmActivity": SIGNS,
            "noteActivity": "n",
            "dtStart": "2016-06-01 08:30:00",
            "dtEnd": "2016-06-06 00:00:01",
            "user": {"id": 266, "login": "bill", "fisrtName": "Bill", "lastName": SIGNS, "Groups": "g1, g 2"},
        },
        {"idActivity": 120, "nmActivity": "Holiday", "dtStart": "2016-08-01 00:00:00", "dtEnd": ""},
    ],
    "block": [
        {
            "id": 1169,
            "name": SIGNS,
            "flPublished": True,
            "flShared": False,
            "items": [
                {
                    "conditionItem": None,
                    "conditionValue": None,
                    "positionNumber": 0,
                    "valueList": ["a", SIGNS],
                    "idCategory": 1169,
                    "idItem": 3421,
                    "idTypeItem": 1,
                    "mandatory": True,
                    "name": "Kind",
                },
                {
                    "conditionItem": 3421,
                    "conditionValue": "a",
                    "positionNumber": 1,
                    "valueList": None,
                    "idCategory": 1169,
                    "idItem": 3422,
                    "idTypeItem": 7,
                    "mandatory": False,
                    "name": "Signature",
                },
            ],
        }
    ],
    "job": [
        {
            "idJob": "265_160719144323649",
            "myId": "ref-job",
            "num": 13473,
            "idCustomer": 412,
            "idSite": 31,
            "idEquipment": 51,
            "idUser": 266,
            "login": "bill",
            "idCreator": 265,
            "idJobType": 3,
            "nmJobType": "Repair",
            "idReport": 9,
            "description": SIGNS,
            "priority": 1,
            "status": 6,
            "scheduledBeginDate": "19/07/2016 14:43:00",
            "scheduledEndDate": "19/07/2016 15:43:00",
            "RealBeginDate": "19/07/2016 14:50:01",
            "RealEndDate": "19/07/2016 15:00:59",
            "validationDate": "20/07/2016 08:00:00",
            "validationUser": 265,
            "reportChangedDate": "2016-07-19T13:00:00Z",
            "duration": 10,
            "globalAddress": "Quay 1",
            "ContactPhone": "+49 30",
            "position": PLACE,
            "customFieldValues": FIELDS,
            "tags": ["a,b"],
            "OtherTechnicians": ["ann", "who was once here"],
            "parts": [
                {"id": 91, "quantity": 2.5, "reference": "p11"},
                {"id": None, "quantity": 1, "reference": "what is no part any more"},
            ],
            "Activities": [
                {"idUser": 266, "login": "bill", "start": "19/07/2016 14:50:00", "stop": "19/07/2016 15:00:00"},
                {"idUser": None, "login": "gone", "start": "19/07/2016 15:00:00", "stop": ""},
            ],
            "report": [
                {"id": 3132, "idCategory": 9, "iteration": 1, "nmCategory": "Block", "nmItem": SIGNS, "value": "15:20"},
                {"id": None, "idCategory": None, "iteration": 0, "nmCategory": "", "nmItem": "valid", "value": "Yes"},
            ],
        },
        {"idJob": "0c0ae477-fc89", "num": 7, "description": "Keyless"},
    ],
    "attachment": [
        {"id": 297, "fileName": SIGNS, "mediaType": "text/csv", "size": 3, "sha256": DIGEST, "idJob": "0c0ae477-fc89"},
        {"id": 298, "fileName": "b.pdf", "sha256": DIGEST, "idCustomer": 412, "comment": SIGNS},
    ],
    "photo": [
        {"id": 5, "fileName": "p.png", "sha256": DIGEST, "num": 13473, "iteration": 1, "idItem": 3132, "comment": "c"}
    ],
    "invoice": [
        {
            "id": 336,
            "type": "Invoice",
            "num": 336,
            "status": 1,
            "dueDate": "02/05/2018 00:00:00",
            "idClient": 412,
            "idJob": "265_160719144323649",
            "idSite": 31,
            "total": 213.65,
            "lines": [
                {
                    "description": "test description",
                    "discount": "50,30",
                    "idPart": 91,
                    "price": "30,00",
                    "quantity": "8,50",
                    "reference": "p11",
                    "tax": "10,00",
                    "totalLine": None,
                    "total": "139,4000",
                },
                {
                    "description": SIGNS,
                    "discount": "10,00",
                    "idPart": 0,
                    "price": "5,50",
                    "quantity": "10,00",
                    "reference": "p11",
                    "tax": "50,00",
                    "totalLine": None,
                    "total": "74,2500",
                },
            ],
        },
        {"id": 338, "type": "Quotation", "num": 336, "status": 0, "idClient": 412},
    ],
}
"""By entity some lines of it."""
IDS = {"job": "idJob", "activity": "idActivity"}
