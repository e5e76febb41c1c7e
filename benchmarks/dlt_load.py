"""What dlt does with a file, run by its own environment: `dlt_load.py URL FILE FOLDER`.

The way that its own documentation recommends for large files: Arrow tables, loaded by COPY, merged by an upsert.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import dlt
import pyarrow as pa
from pyarrow import csv

url, file, folder = sys.argv[1:]


@dlt.resource(name="customer", primary_key="id", write_disposition={"disposition": "merge", "strategy": "upsert"})
def customers() -> Iterator[pa.Table]:
    """The rows, every column as text."""
    with Path(file).open("rb") as lines:
        names = lines.readline().decode().strip().split(",")
    texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    yield from (pa.Table.from_batches([batch]) for batch in csv.open_csv(file, convert_options=texts))


# It insists on a password and a host; the socket that ?host= names decides.
destination = dlt.destinations.postgres(url.replace("postgres@/", "postgres:none@localhost:5432/"))
pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="bench")
pipeline.run(customers(), loader_file_format="csv").raise_on_failed_jobs()
