"""Labelbox's own client does the work that the adapter does, so that the requests of both can be compared.

SANDBOX_URL is the server, SANDBOX_KEY the key; the argument is a JSON object with the project, the dataset, the data row, the
names of batch and import, the pre-labels, the priority, and the global keys of data rows to move.
"""

import json
import os
import sys
import time

pause = time.sleep
time.sleep = lambda seconds: pause(min(seconds, 0.001))

from labelbox import Client  # noqa: E402
from labelbox.schema.annotation_import import MALPredictionImport  # noqa: E402
from labelbox.schema.identifiables import GlobalKeys  # noqa: E402

URL, KEY = os.environ["SANDBOX_URL"], os.environ["SANDBOX_KEY"]


def main(work):
    client = Client(KEY, endpoint=URL + "/graphql", rest_endpoint=URL + "/api/v1")
    project, dataset = client.get_project(work["project"]), client.get_dataset(work["dataset"])

    task = dataset.create_data_rows([work["row"]])
    task.wait_till_done()
    assert task.errors is None
    ids = client.get_data_row_ids_for_global_keys([work["row"]["global_key"]])["results"]
    project.create_batch(work["batch"], data_rows=ids, priority=work["priority"])
    job = MALPredictionImport.create_from_objects(client, project.uid, work["import"], work["labels"])
    job.wait_till_done(sleep_time_seconds=0)
    assert job.errors == []
    list(project.batches())

    # What the client does from 1,000 data rows on, with what is there.
    two = dataset.create_data_rows([dict(work["row"], global_key="second", external_id="second")])
    two.wait_till_done()
    second = [row["id"] for row in two.result]
    project._wait_until_data_rows_are_processed(second)
    assert project._create_batch_async("in the background", second, None, work["priority"]).size == 1

    rework = next(q for q in project.task_queues() if q.queue_type == "MANUAL_REWORK_QUEUE")
    project.move_data_rows_to_task_queue(GlobalKeys(work["move"]), rework.uid)
    project.update_data_row_labeling_priority(GlobalKeys(work["move"]), work["priority"])
    project.ontology()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
