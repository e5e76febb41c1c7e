"""What dlt does with a REST API, run by its own environment: `dlt_field.py API LOGIN KEY DESTINATION FOLDER [SINCE]`.

The way that its documentation recommends: the declarative source, which follows the links of the pages; rows are merged
by their ids. It prints how many rows it loaded.
"""

import sys

import dlt
from dlt.sources.rest_api import rest_api_source

api, login, key, destination, folder, *since = sys.argv[1:]

source = rest_api_source(
    {
        "client": {
            "base_url": api,
            "auth": {"type": "http_basic", "username": login, "password": key},
            "paginator": {"type": "header_link"},
        },
        "resources": [
            {
                "name": "customer",
                "primary_key": "id",
                "write_disposition": "merge",
                "endpoint": {
                    "path": "Customer/List",
                    "params": {"page": 1, "pageSize": 1000} | ({"ChangedFrom": since[0]} if since else {}),
                },
            }
        ],
    }
)
# It insists on a password and a host; the socket that ?host= names decides.
place = dlt.destinations.postgres(destination.replace("postgres@/", "postgres:none@localhost:5432/"))
pipeline = dlt.pipeline("field", pipelines_dir=folder, destination=place, dataset_name="field")
pipeline.run(source).raise_on_failed_jobs()
sys.stdout.write(str(pipeline.last_trace.last_normalize_info.row_counts.get("customer", 0)))
