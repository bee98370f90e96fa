"""Labelbox's own client does its work against the stand-in: each call asserts on what the client returns.

SANDBOX_URL is the server, SANDBOX_KEY the key. The client's waits (2, 10 and 30 seconds a poll) are shortened; nothing else
of it is changed.
"""

import json
import os
import time
import urllib.error
import urllib.request

pause = time.sleep
time.sleep = lambda seconds: pause(min(seconds, 0.001))

from labelbox import Client, MediaType  # noqa: E402
from labelbox.schema.annotation_import import AnnotationImportState, MALPredictionImport  # noqa: E402
from labelbox.schema.identifiable import GlobalKey  # noqa: E402
from labelbox.schema.identifiables import GlobalKeys, UniqueIds  # noqa: E402
from labelbox.schema.label import Label  # noqa: E402
from lbox import exceptions  # noqa: E402

URL, KEY = os.environ["SANDBOX_URL"], os.environ["SANDBOX_KEY"]
PROJECT, DATASET = "cmproject0000000000000001", "cmdataset0000000000000001"


def connect(key):
    return Client(key, endpoint=URL + "/graphql", rest_endpoint=URL + "/api/v1")


def main():
    client = connect(KEY)
    keys_are_checked()
    project = the_project_is_read(client)
    dataset = data_rows_are_made(client)
    rows_are_looked_up(client, dataset)
    small_batches_are_made(client, project)
    large_batches_are_made(client, project, dataset)
    pre_labels_are_imported(client, project)
    rows_are_sent_to_rework(client, project)
    priorities_are_set(project)
    labels_are_deleted(client, project)
    errors_are_told(client, project)
    the_handlers_mutation_is_taken(client)


def raises(kind, call):
    try:
        call()
    except kind as e:
        return str(e)
    raise AssertionError(f"{kind.__name__} was expected")


def keys_are_checked():
    raises(exceptions.AuthenticationError, lambda: connect("wrong").get_project(PROJECT))


def the_project_is_read(client):
    project = client.get_project(PROJECT)
    assert project.media_type == MediaType.Image and project.uid == PROJECT
    assert [p.uid for p in client.get_projects()] == [PROJECT]
    ontology = project.ontology()
    assert "dog" in [tool.name for tool in ontology.tools()]
    assert [c.name for c in ontology.classifications()][:2] == ["scene", "light"]
    assert client.get_ontology(ontology.uid).name == ontology.name
    assert client.get_dataset(DATASET).row_count == 7
    assert [b.name for b in project.batches()] == ["first batch"]
    return project


def data_rows_are_made(client):
    dataset = client.create_dataset(iam_integration=None, name="made here")
    assert dataset.uid in [d.uid for d in client.get_datasets()]
    task = dataset.create_data_rows([row(n) for n in range(3)])
    task.wait_till_done()
    assert task.status == "COMPLETE" and task.errors is None, task.errors
    assert sorted(r["global_key"] for r in task.result) == ["key-0", "key-1", "key-2"]

    again = dataset.create_data_rows([row(2), row(3)])
    again.wait_till_done()
    assert [e["message"] for e in again.errors] == ["Duplicate global key: 'key-2'"], again.errors
    assert [r["global_key"] for r in again.result] == ["key-3"]

    changed = dataset.upsert_data_rows([{"key": GlobalKey("key-3"), "external_id": "changed"}])
    changed.wait_till_done()
    assert changed.errors is None
    assert client.get_task_by_id(changed.uid).status == "COMPLETE"

    unreadable = dataset.create_data_rows([dict(row(9), row_data="https://images.example.com/unreadable/9.jpg")])
    unreadable.wait_till_done()
    assert unreadable.errors is None
    one = dataset.create_data_row(row_data="https://images.example.com/single.jpg", global_key="single")
    assert one.global_key == "single"
    rows = [r.global_key for r in dataset.data_rows()]
    assert rows[:2] == ["single", "key-9"] and len(rows) == 6, rows
    return dataset


def row(n):
    return {"row_data": f"https://images.example.com/{n}.jpg", "global_key": f"key-{n}", "external_id": f"external-{n}"}


def rows_are_looked_up(client, dataset):
    found = client.get_data_row_ids_for_global_keys(["key-0", "nobody", "key-1"])
    assert found["status"] == "PARTIAL SUCCESS", found
    assert found["results"][1] == "" and len(found["results"]) == 3, found
    assert found["errors"] == [{"global_key": "nobody", "error": "Data Row not found"}], found
    assert client.get_data_row_by_global_key("key-0").uid == found["results"][0]
    assert client.get_data_row_ids_for_external_ids(["changed"])["changed"]
    assert dataset.data_row_for_external_id("external-1").global_key == "key-1"


def small_batches_are_made(client, project):
    batch = project.create_batch("issue-1", global_keys=["key-0", "key-1", "key-9"], priority=1)
    assert batch.size == 2 and batch.name == "issue-1"
    assert list(batch.failed_data_row_ids) == client.get_data_row_ids_for_global_keys(["key-9"])["results"]
    by_id = client.get_data_row_ids_for_global_keys(["key-2"])["results"]
    settings = {"number_of_labels": 3, "coverage_percentage": 0.1}
    second = project.create_batch("issue-2", data_rows=by_id, consensus_settings=settings)
    assert second.size == 1 and list(second.failed_data_row_ids) == []
    assert client.get_batch(project.uid, second.uid).consensus_settings == {"numberOfLabels": 3, "coveragePercentage": 0.1}

    # As the client's own tests have it.
    raises(exceptions.ResourceConflict, lambda: project.create_batch("issue-1", global_keys=["key-3"]))
    said = raises(exceptions.MalformedQueryException, lambda: project.create_batch("issue-3", global_keys=["key-0"]))
    assert said == "No valid data rows to add to project", said
    said = raises(exceptions.MalformedQueryException, lambda: project.create_batch("issue-3", global_keys=["nobody"]))
    assert said == "Data rows with the following global keys do not exist: nobody.", said
    said = raises(exceptions.MalformedQueryException, lambda: project.create_batch("issue-3", data_rows=["a", "b"]))
    assert said == "No valid data rows to be added from the list provided!", said
    raises(exceptions.LabelboxError, lambda: project.create_batch("issue-3", global_keys=["key-3"], priority="high"))


def large_batches_are_made(client, project, dataset):
    task = dataset.create_data_rows([row(n) for n in range(1000, 2100)])
    task.wait_till_done()
    assert len(task.result) == 1100
    keys = [f"key-{n}" for n in range(1000, 2000)]
    batch = project.create_batch("issue-large", global_keys=keys, priority=3)
    assert batch.size == 1000
    several = project.create_batches("prefix-", global_keys=[f"key-{n}" for n in range(2000, 2100)], priority=5)
    several.wait_till_done()
    [result] = list(several.result())
    assert result.size == 100 and result.name == "prefix-0000"
    assert len(list(project.batches())) == 5


def pre_labels_are_imported(client, project):
    at = {"globalKey": "key-0"}
    lines = [
        {"uuid": uuid(1), "name": "dog", "dataRow": at, "bbox": {"top": 10.0, "left": 20.0, "height": 30.0, "width": 40.0}},
        {"uuid": uuid(2), "name": "dog outline", "dataRow": at, "polygon": [{"x": 1.0, "y": 2.0}, {"x": 9.0, "y": 2.0}, {"x": 5.0, "y": 8.5}]},
        {"uuid": uuid(3), "name": "leash", "dataRow": at, "line": [{"x": 0.0, "y": 0.0}, {"x": 5.0, "y": 5.0}]},
        {"uuid": uuid(4), "name": "nose", "dataRow": at, "point": {"x": 3.0, "y": 4.0}},
        {"uuid": uuid(5), "name": "scene", "dataRow": at, "answer": {"name": "indoor"}},
        {"uuid": uuid(6), "name": "weather", "dataRow": at, "answer": [{"name": "rain"}, {"name": "fog"}]},
        {"uuid": uuid(7), "name": "count", "dataRow": at, "answer": "two"},
    ]
    job = imported(client, "all good", lines)
    assert job.state == AnnotationImportState.FINISHED and job.errors == []
    assert [s["status"] for s in job.statuses] == ["SUCCESS"] * 7
    assert job.inputs == lines

    bad = [
        dict(lines[0], uuid=uuid(11), name="unicorn"),
        dict(lines[0], uuid=uuid(12), dataRow={"globalKey": "nobody"}),
        dict(lines[0], uuid=uuid(13), dataRow={"globalKey": "key-3"}),  # in no batch
        dict(lines[4], uuid=uuid(14), answer={"name": "nowhere"}),
        dict(lines[0], uuid=uuid(1)),  # the same again takes the place of the first
    ]
    job = imported(client, "some bad", bad)
    assert [s["status"] for s in job.statuses] == ["FAILURE"] * 4 + ["SUCCESS"]
    assert [e["uuid"] for e in job.errors] == [uuid(n) for n in range(11, 15)]
    assert all(e["errors"][0]["message"] for e in job.errors)
    assert MALPredictionImport.from_name(client, project.uid, "some bad").uid == job.uid
    assert len(list(project.get_mal_prediction_imports())) == 2
    raises(exceptions.ResourceConflict, lambda: imported(client, "all good", lines))


def imported(client, name, lines):
    job = MALPredictionImport.create_from_objects(client, PROJECT, name, lines)
    assert job.state == AnnotationImportState.RUNNING and job.error_file_url is None
    job.wait_till_done(sleep_time_seconds=0)
    return job


def uuid(n):
    return f"00000000-0000-4000-8000-{n:012d}"


def rows_are_sent_to_rework(client, project):
    queues = {q.queue_type: q for q in project.task_queues()}
    assert set(queues) == {"INITIAL_LABELING_QUEUE", "MANUAL_REVIEW_QUEUE", "MANUAL_REWORK_QUEUE"}
    rework = queues["MANUAL_REWORK_QUEUE"]
    project.move_data_rows_to_task_queue(GlobalKeys(["frame-070001", "frame-070002"]), rework.uid)
    [three] = client.get_data_row_ids_for_global_keys(["frame-070003"])["results"]
    project.move_data_rows_to_task_queue(UniqueIds([three]), rework.uid)
    assert count(project, "MANUAL_REWORK_QUEUE") == 3
    project.move_data_rows_to_task_queue(UniqueIds([three]))  # to Done
    assert count(project, "MANUAL_REWORK_QUEUE") == 2
    said = raises(exceptions.LabelboxError, lambda: project.move_data_rows_to_task_queue(GlobalKeys(["nobody"]), rework.uid))
    assert "none of the data rows is in the project" in said, said
    raises(TypeError, lambda: project.move_data_rows_to_task_queue(GlobalKeys(["key-0"]), "no-such-queue"))


def count(project, kind):
    return next(q.data_row_count for q in project.task_queues() if q.queue_type == kind)


def priorities_are_set(project):
    assert project.update_data_row_labeling_priority(GlobalKeys(["frame-070001"]), 1)


def labels_are_deleted(client, project):
    labels = list(project.labels())
    assert len(labels) == 7 and project.get_label_count() == 7
    Label.bulk_delete(labels[:2])
    assert [l.uid for l in project.labels()] == [l.uid for l in labels[2:]]
    next(b for b in project.batches() if b.name == "first batch").delete_labels(set_labels_as_template=True)
    assert list(project.labels()) == []


def errors_are_told(client, project):
    raises(exceptions.ResourceNotFoundError, lambda: client.get_project("nobody"))
    raises(exceptions.ResourceNotFoundError, lambda: client.get_dataset("nobody"))
    raises(exceptions.ResourceNotFoundError, lambda: client.get_task_by_id("nobody"))
    raises(exceptions.ResourceNotFoundError, lambda: MALPredictionImport.from_name(client, PROJECT, "nobody"))
    assert raises(exceptions.InvalidQueryError, lambda: client.execute("asda")).startswith("Syntax Error:")
    assert raises(exceptions.InvalidQueryError, lambda: client.execute("query {bbb {id}}")).startswith('Cannot query field "bbb"')
    # An operation of the one path is not one of the other.
    batch = "mutation M { project(where: {id: \"%s\"}) { createEmptyBatch(input: {name: \"x\"}) { id } } }" % PROJECT
    raises(exceptions.InvalidQueryError, lambda: client.execute(batch))
    assert client.execute(batch, experimental=True)["project"]["createEmptyBatch"]["id"]
    assert client.execute("{__schema {queryType {name}}}")["__schema"]["queryType"]["name"] == "Query"


def the_handlers_mutation_is_taken(client):
    """The mutation that Aquarium's documentation publishes; the client has none for it, and sends it as it is."""
    document = """mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) {
      project(where: {id: $projectId}) {
        bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: true, waitForQueue: true) { count }
      }
    }"""
    answer = client.execute(document, {"projectId": PROJECT, "labelIds": ["cmlabel000000000000000001"]})
    assert answer == {"project": {"bulkDeleteLabels": {"count": 0}}}, answer  # it is deleted already
    not_signed(json.dumps({"query": document}).encode())


def not_signed(body):
    request = urllib.request.Request(URL + "/graphql", data=body, headers={"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as e:
        assert e.code == 401 and json.load(e)["errors"][0]["extensions"]["code"] == "AUTHENTICATION_ERROR"
        return
    raise AssertionError("a call without a key was taken")


if __name__ == "__main__":
    main()
