"""Reads with Labelbox's own client what the adapter has sent, and prints it as JSON.

SANDBOX_URL is the server, SANDBOX_KEY the key; the arguments are the ids of the project and the dataset.
"""

import json
import os
import sys
import time

pause = time.sleep
time.sleep = lambda seconds: pause(min(seconds, 0.001))

from labelbox import Client  # noqa: E402

URL, KEY = os.environ["SANDBOX_URL"], os.environ["SANDBOX_KEY"]


def main(project_id, dataset_id):
    client = Client(KEY, endpoint=URL + "/graphql", rest_endpoint=URL + "/api/v1")
    project = client.get_project(project_id)
    rows = [r for r in client.get_dataset(dataset_id).data_rows() if not r.uid.startswith("cmdatarow")]
    imports = []
    for job in project.get_mal_prediction_imports():
        job.wait_till_done(sleep_time_seconds=0)
        imports.append({"state": job.state.value, "inputs": job.inputs, "statuses": [s["status"] for s in job.statuses]})
    json.dump({
        "data_rows": [{"id": r.uid, "global_key": r.global_key, "external_id": r.external_id, "row_data": r.row_data} for r in reversed(rows)],
        "batches": {b.name: b.size for b in project.batches() if b.name != "first batch"},
        "queues": {q.queue_type: q.data_row_count for q in project.task_queues()},
        "imports": imports,
        "labels": project.get_label_count(),
    }, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
