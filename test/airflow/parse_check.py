"""Parses the DAG folder as Airflow does and counts what that does beside: prints one JSON object.

An audit hook sees every connection that Python opens, to a database file or to the network.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import sys
import warnings
from pathlib import Path

import airflow.models  # noqa: F401

folder = Path(sys.argv[1])
counts = {"sqlite3.connect": 0, "socket.connect": 0, "socket.getaddrinfo": 0}
counting = False


def count(event, _args):
    if counting and event in counts:
        counts[event] += 1


sys.addaudithook(count)
logging.disable(logging.CRITICAL)

try:
    from airflow.dag_processing.dagbag import DagBag  # Airflow 3
except ImportError:
    from airflow.models.dagbag import DagBag

bag = DagBag(dag_folder=os.devnull)
sys.path.insert(0, str(folder))
files = sorted(folder.glob("*.py"))
counting = True
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for file in files:
        bag.process_file(str(file))
seen = dict(counts)
sqlite3.connect(":memory:").close()
counting = False
if counts["sqlite3.connect"] != seen["sqlite3.connect"] + 1:
    sys.exit("connections are not counted")

# DagBag keeps the warnings of a file for itself in newer lines.
kept = [str(item) for items in getattr(bag, "captured_warnings", {}).values() for item in items]
own = [f"{item.filename}:{item.lineno}: {item.message}" for item in caught]
print(
    json.dumps(
        {
            "files": len(files),
            "dags": sorted(bag.dags),
            "import_errors": bag.import_errors,
            "warnings": [text for text in [*own, *kept] if str(folder) in text],
            "other_warnings": [text for text in [*own, *kept] if str(folder) not in text],
            "database_connections": seen["sqlite3.connect"],
            "network_connections": seen["socket.connect"] + seen["socket.getaddrinfo"],
        }
    )
)
