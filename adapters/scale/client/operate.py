"""Lets Scale AI's own client do what the adapter does, and what people do beside it, at the stand-in."""

import os

import scaleapi
from scaleapi.exceptions import (
    ScaleDuplicateResource,
    ScaleInvalidRequest,
    ScaleNotEnabled,
    ScaleResourceNotFound,
    ScaleUnauthorized,
)
from scaleapi.tasks import TaskStatus, TaskType

URL = os.environ["SANDBOX_URL"].rstrip("/") + "/v1"
KEY = os.environ["SANDBOX_KEY"]

client = scaleapi.ScaleClient(KEY, api_instance_url=URL)


def refused(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as err:
        assert type(err) is kind, err
        return err
    raise AssertionError(f"{call.__name__} was not refused")


# Projects: the one to rehearse with, and one of our own.
project = client.get_project("demo")
assert project.type == "imageannotation" and "dog" in project.params["geometries"]["box"]["objects_to_annotate"]
made = client.create_project("cars & vans", TaskType.ImageAnnotation, {"instruction": "Box the cars."}, studio=True)
assert made.instruction == "Box the cars." and client.get_project("cars & vans").name == made.name
refused(ScaleDuplicateResource, client.create_project, "cars & vans", TaskType.ImageAnnotation)
refused(ScaleResourceNotFound, client.get_project, "boats")
refused(ScaleUnauthorized, scaleapi.ScaleClient("no", api_instance_url=URL).get_project, "demo")

# A batch, under a name that has to be quoted, is made once.
NAME = "issue 42/r1"
batch = client.create_batch("cars & vans", NAME, callback="https://gw.example.com/cb", metadata={"issue": "42"})
assert (batch.status, batch.project, batch.metadata) == ("staging", "cars & vans", {"issue": "42"})
assert refused(ScaleDuplicateResource, client.create_batch, "cars & vans", NAME).code == 409
assert client.get_batch(NAME).as_dict()["callback"] == "https://gw.example.com/cb"
refused(ScaleResourceNotFound, client.create_batch, "boats", "b")
refused(ScaleResourceNotFound, client.get_batch, "issue 43")

# Tasks with labels to begin from, by unique_id.
GEOMETRIES = {
    "box": {"objects_to_annotate": ["car"], "min_height": 5, "min_width": 5},
    "polygon": {"objects_to_annotate": ["road"], "min_vertices": 3},
    "line": {"objects_to_annotate": ["lane"]},
    "point": {"objects_to_annotate": ["wheel"]},
}
HYPOTHESIS = {
    "annotations": [
        {"type": "box", "label": "car", "left": 20, "top": 10, "width": 40, "height": 30.5, "uuid": "4e6ea06c-c32f-4a5f-9f4d-1fb0a4ee3f5c"},
        {"type": "polygon", "label": "road", "vertices": [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}]},
        {"type": "line", "label": "lane", "vertices": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]},
        {"type": "point", "label": "wheel", "x": 7, "y": 8, "attributes": {"side": "left"}},
    ]
}
WORK = dict(
    project="cars & vans",
    batch=NAME,
    instruction="fix boxes",
    attachment="https://img.example.com/0.jpg",
    attachment_type="image",
    geometries=GEOMETRIES,
    hypothesis=HYPOTHESIS,
    unique_id="gw-1",
    clear_unique_id_on_error=True,
    metadata={"issue_id": "42"},
    priority=30,
    callback_url="https://gw.example.com/cb",
)
task = client.create_task(TaskType.ImageAnnotation, **WORK)
assert (task.status, task.unique_id, task.priority, task.batch) == ("pending", "gw-1", 30, NAME)
assert client.get_task(task.id).params["hypothesis"] == HYPOTHESIS
assert refused(ScaleDuplicateResource, client.create_task, TaskType.ImageAnnotation, **WORK).code == 409
found = client.tasks(unique_id="gw-1")
assert [t.id for t in found.docs] == [task.id] and found.total == 1 and not found.has_more

# What is refused.
for wrong in (
    {"attachment": None},
    {"attachment": "0.jpg"},
    {"priority": 15},
    {"priority": "high"},
    {"geometries": {}},
    {"geometries": {"circle": {"objects_to_annotate": ["car"]}}},
    {"hypothesis": {"annotations": [{"type": "box", "label": "car", "left": 20}]}},
    {"hypothesis": {"annotations": [{"type": "polygon", "label": "road", "vertices": [[1, 2], [3, 4], [5, 6]]}]}},
    {"colour": "red"},
    {"project": "demo"},
):
    refused(ScaleInvalidRequest, client.create_task, TaskType.ImageAnnotation, **{**WORK, "unique_id": "gw-x", **wrong})
refused(ScaleResourceNotFound, client.create_task, TaskType.ImageAnnotation, **{**WORK, "batch": "issue 43"})
refused(ScaleNotEnabled, client.create_task, TaskType.SensorFusion, **WORK)
assert client.tasks(unique_id="gw-x").docs == []

# Work without a batch; geometries are the project's where the task has none.
loose = client.create_task(
    TaskType.ImageAnnotation, project="demo", attachment="https://img.example.com/1.jpg", unique_id="gw-2", priority=10
)
assert "batch" not in loose.as_dict()
assert [t.id for t in client.get_tasks("demo", unique_id=["gw-1", "gw-2"], status=TaskStatus.Pending, limit=1)] == [loose.id]

# An attachment that cannot be read is found out later, and frees its key where it was asked to.
broken = client.create_task(
    TaskType.ImageAnnotation, project="demo", attachment="https://img.invalid/1.jpg", unique_id="gw-3", clear_unique_id_on_error=True
)
assert broken.status == "pending" and client.get_task(broken.id).status == "error"
assert client.tasks(unique_id="gw-3").docs == []

# Lists come in pages.
assert [t.id for t in client.get_tasks("demo", limit=1)] == [loose.id, broken.id]
assert client.get_tasks_count("demo") == 2

# Finalized: no more tasks; the state and the counts are told.
assert batch.finalize().status == "in_progress"
assert batch.get_status()["pending"] == 1 and batch.tasks_pending == 1 and batch.tasks_error == 0
refused(ScaleInvalidRequest, client.create_task, TaskType.ImageAnnotation, **{**WORK, "unique_id": "gw-4"})
assert [b.name for b in client.get_batches("cars & vans")] == [NAME]
client.set_batch_metadata(NAME, {"issue": "42", "done": True})
assert client.get_batch(NAME).metadata["done"] is True

# An enterprise project's batch needs no finalizing, and none is refused.
assert client.create_batch("demo-enterprise", "weekly").finalize().status == "in_progress"
client.create_task(TaskType.ImageAnnotation, **{**WORK, "project": "demo-enterprise", "batch": "weekly", "unique_id": "gw-5"})

# Changes of a task.
task.set_metadata({"round": 2})
task.set_tags(["a"])
task.add_tags(["b", "a"])
task.delete_tags(["a"])
task.refresh()
assert task.metadata == {"round": 2} and task.tags == ["b"]
refused(ScaleDuplicateResource, task.update_unique_id, "gw-2")
task.update_unique_id("gw-1b")
assert client.tasks(unique_id="gw-1").docs == [] and len(client.tasks(unique_id="gw-1b").docs) == 1
task.clear_unique_id()
refused(ScaleInvalidRequest, task.audit, False, "loose box")  # only completed ones
task.cancel(clear_unique_id=True)
task.refresh()
assert task.status == "canceled"
[studio] = client.set_studio_batches_priorities([NAME])
assert (studio.name, studio.project_name, studio.total) == (NAME, "cars & vans", 1)
print("ok")
