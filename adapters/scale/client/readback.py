"""Prints what Scale AI's own client reads of a project's batches and tasks, as JSON: readback.py PROJECT."""

import json
import os
import sys

import scaleapi

client = scaleapi.ScaleClient(os.environ["SANDBOX_KEY"], api_instance_url=os.environ["SANDBOX_URL"].rstrip("/") + "/v1")
project = sys.argv[1]


def told(task):
    return {
        "unique_id": task.as_dict().get("unique_id", ""),
        "status": task.status,
        "batch": task.as_dict().get("batch", ""),
        "priority": task.priority,
        "attachment": task.params["attachment"],
        "hypothesis": task.params.get("hypothesis"),
        "metadata": task.metadata,
    }


json.dump(
    {
        "batches": [{"name": b.name, "status": b.status, "metadata": b.metadata} for b in client.get_batches(project)],
        "tasks": [told(t) for t in client.get_tasks(project, limit=100)],
    },
    sys.stdout,
)
