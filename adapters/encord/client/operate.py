"""Encord's own client does its work against the stand-in: each call asserts on what the client returns.

SANDBOX_URL is the domain, SANDBOX_KEY the private key. The client signs every request; the stand-in verifies each.
"""

import json
import os

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord import EncordUserClient
from encord.exceptions import (
    AuthenticationError,
    AuthorisationError,
    CorruptedLabelError,
    EncordException,
    InvalidArgumentsError,
    ResourceExistsError,
    ResourceNotFoundError,
    UnknownException,
)
from encord.objects.coordinates import (
    BoundingBoxCoordinates,
    PointCoordinate,
    PolygonCoordinates,
    PolylineCoordinates,
    SkeletonCoordinate,
    SkeletonCoordinates,
)
from encord.orm.dataset import DataLinkDuplicatesBehavior, LongPollingStatus
from encord.orm.storage import DataUploadImage, DataUploadItems
from encord.http.constants import RequestsSettings

PROJECT = "aaaaaaaa-0000-4000-8000-000000000001"
DATASET = "dddddddd-0000-4000-8000-000000000001"
FOLDER = "ffffffff-0000-4000-8000-000000000001"
SOME_UUID = "12345678-0000-4000-8000-000000000001"


def main():
    user = connect(os.environ["SANDBOX_KEY"])
    a_wrong_key_is_refused()
    project = project_is_found(user)
    folder, items = images_are_uploaded(user)
    duplicates_are_skipped(folder)
    errors_are_told_by_image(folder)
    rows = items_are_linked_and_become_tasks(user, project, items)
    priorities_are_set(project, rows)
    labels_are_saved(project, rows[0])
    rows_are_completed_and_reopened(project)
    tasks_are_moved(project)
    errors_are_told(user, project, folder)


def connect(key):
    once = RequestsSettings(max_retries=0, connection_retries=0)
    return EncordUserClient.create_with_ssh_private_key(key, domain=os.environ["SANDBOX_URL"], requests_settings=once)


def a_wrong_key_is_refused():
    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    user = connect(other.decode())
    raises(AuthenticationError, lambda: user.get_project(PROJECT))
    raises(AuthenticationError, lambda: user.get_dataset(DATASET, include_data_rows=False))


def project_is_found(user):
    project = user.get_project(PROJECT)
    assert [(s.title, s.stage_type.value) for s in project.workflow.stages] == [
        ("Annotate 1", "ANNOTATION"), ("Review 1", "REVIEW"), ("Complete", "DONE")
    ], project.workflow.stages
    names = [(o.name, o.shape.value) for o in project.ontology_structure.objects]
    assert ("dog", "polygon") in names and ("cat", "skeleton") in names, names
    [dataset] = project.list_datasets()
    assert str(dataset.dataset_hash) == DATASET, dataset
    seeded = project.list_label_rows_v2()
    assert len(seeded) == 6 and all(r.label_hash and r.workflow_graph_node.title == "Complete" for r in seeded), seeded
    return project


def image(title, **more):
    return DataUploadImage(object_url=f"https://images.example.com/{title}.jpg", title=title, client_metadata={"issue": "42"}, **more)


def upload(folder, images, **more):
    job = folder.add_private_data_to_folder_start(
        integration_id=SOME_UUID, private_files=DataUploadItems(images=images, skip_duplicate_urls=True, **more), ignore_errors=True
    )
    return folder.add_private_data_to_folder_get_result(job)


def images_are_uploaded(user):
    folder = user.get_storage_folder(FOLDER)
    state = upload(folder, [image("op-1"), image("op-2"), image("op-3")])
    assert state.status == LongPollingStatus.DONE and state.units_done_count == 3, state
    assert [i.name for i in state.items_with_names] == ["op-1", "op-2", "op-3"], state
    return folder, [i.item_uuid for i in state.items_with_names]


def duplicates_are_skipped(folder):
    state = upload(folder, [image("op-1"), image("op-4")], upsert_metadata=True)
    assert [i.name for i in state.items_with_names] == ["op-4"] and state.units_error_count == 0, state
    [found] = folder.list_items(search="op-1")
    assert found.name == "op-1" and found.client_metadata == {"issue": "42"}, found
    assert len(list(folder.list_items(search="op-", page_size=1))) == 4


def errors_are_told_by_image(folder):
    bad = DataUploadImage(object_url="https://images.example.com/missing/1.jpg", title="gone")
    state = upload(folder, [bad, image("op-5")])
    assert state.status == LongPollingStatus.DONE and state.units_error_count == 1, state
    [error] = state.unit_errors
    assert error.object_urls == [bad.object_url] and "404" in error.error, error
    job = folder.add_private_data_to_folder_start(SOME_UUID, DataUploadItems(images=[bad]), ignore_errors=False)
    assert folder.add_private_data_to_folder_get_result(job).status == LongPollingStatus.ERROR


def items_are_linked_and_become_tasks(user, project, items):
    dataset = user.get_dataset(DATASET)
    linked = dataset.link_items(items)
    assert [r.title for r in linked] == ["op-1", "op-2", "op-3"], linked
    assert [str(r.backing_item_uuid) for r in linked] == [str(i) for i in items], linked
    assert dataset.link_items(items, duplicates_behavior=DataLinkDuplicatesBehavior.SKIP) == []
    raises(ResourceExistsError, lambda: dataset.link_items(items, duplicates_behavior=DataLinkDuplicatesBehavior.FAIL))
    assert [r.title for r in dataset.list_data_rows(title_eq="op-2")] == ["op-2"]

    rows = project.list_label_rows_v2(data_hashes=[r.uid for r in linked])
    assert [r.data_title for r in rows] == ["op-1", "op-2", "op-3"], rows
    assert all(r.label_hash is None and r.workflow_graph_node.title == "Annotate 1" for r in rows), rows
    tasks = project.workflow.get_stage(name="Annotate 1").get_tasks(data_hash=[r.uid for r in linked])
    assert [t.data_title for t in tasks] == ["op-1", "op-2", "op-3"]
    return rows


def priorities_are_set(project, rows):
    with project.create_bundle() as bundle:
        for row in rows:
            row.set_priority(0.9, bundle=bundle)
    again = project.list_label_rows_v2(data_hashes=[r.data_hash for r in rows])
    assert [r.priority for r in again] == [0.9] * 3, again


def labels_are_saved(project, row):
    draw_and_save(project, row)
    [again] = project.list_label_rows_v2(label_hashes=[row.label_hash])
    again.initialise_labels()
    shapes = sorted((o.ontology_item.name, o.ontology_item.shape.value) for o in again.get_object_instances())
    assert shapes == [("cat", "skeleton"), ("dog", "polygon"), ("leash", "polyline"), ("nose", "point"), ("rabbit", "bounding_box")], shapes
    box = next(o for o in again.get_object_instances() if o.ontology_item.name == "rabbit")
    assert box.get_annotation(0).coordinates == BoundingBoxCoordinates(height=0.1, width=0.2, top_left_x=0.3, top_left_y=0.4)
    assert box.get_annotation(0).confidence == 0.5
    [answer] = again.get_classification_instances()
    assert answer.get_answer().label == "indoor", answer


def draw_and_save(project, row):
    structure = project.ontology_structure
    row.initialise_labels()
    P = PointCoordinate
    triangle = [P(0.1, 0.2), P(0.3, 0.4), P(0.5, 0.6)]
    template = structure.skeleton_templates["cat"]
    joints = template.create_instance([SkeletonCoordinate(x=0.1, y=0.2, name="nose"), SkeletonCoordinate(x=0.3, y=0.4, name="tail")])
    assert isinstance(joints, SkeletonCoordinates)
    for name, shape, coordinates in [
        ("rabbit", "bounding_box", BoundingBoxCoordinates(height=0.1, width=0.2, top_left_x=0.3, top_left_y=0.4)),
        ("dog", "polygon", PolygonCoordinates(polygons=[[triangle], [[P(0.7, 0.7), P(0.8, 0.7), P(0.8, 0.8)]]])),
        ("leash", "polyline", PolylineCoordinates([P(0.0, 0.0), P(1.0, 1.0)])),
        ("nose", "point", P(0.5, 0.5)),
        ("cat", "skeleton", joints),
    ]:
        [feature] = [o for o in structure.objects if o.name == name and o.shape.value == shape]
        instance = feature.create_instance()
        instance.set_for_frames(coordinates, frames=0, confidence=0.5)
        row.add_object_instance(instance)
    [setting] = structure.classifications
    classification = setting.create_instance()
    classification.set_for_frames(0)
    classification.set_answer(answer=next(o for o in setting.attributes[0].options if o.label == "indoor"))
    row.add_classification_instance(classification)
    row.save()


def rows_are_completed_and_reopened(project):
    rows = project.list_label_rows_v2(data_title_like="frame-07000%")
    assert len(rows) == 3, rows
    with project.create_bundle() as bundle:
        for row in rows:
            row.workflow_reopen(bundle=bundle)
    stages = {r.workflow_graph_node.title for r in project.list_label_rows_v2(label_hashes=[r.label_hash for r in rows])}
    assert stages == {"Annotate 1"}, stages
    statuses = {t.status.value for t in project.workflow.get_stage(name="Annotate 1").get_tasks(data_title="frame-07000")}
    assert statuses == {"REOPENED"}, statuses
    rows[0].workflow_complete()
    [row] = project.list_label_rows_v2(data_hashes=[rows[0].data_hash])
    assert row.workflow_graph_node.title == "Complete", row


def tasks_are_moved(project):
    done, annotate = project.workflow.get_stage(name="Complete"), project.workflow.get_stage(name="Annotate 1")
    tasks = list(done.get_tasks(data_title="frame-07001"))
    assert [t.data_title for t in tasks] == ["frame-070011", "frame-070012"], tasks
    with project.create_bundle() as bundle:
        for task in tasks:
            task.move(destination_stage_uuid=annotate.uuid, bundle=bundle)
    assert list(done.get_tasks(data_title="frame-07001")) == []
    moved = list(annotate.get_tasks(data_hash=[t.data_hash for t in tasks]))
    assert [t.uuid for t in moved] == [t.uuid for t in tasks], moved
    moved[0].assign("somebody@example.com")
    moved[0].submit()
    raises(InvalidArgumentsError, lambda: tasks[0].move(destination_stage_uuid=annotate.uuid))


def errors_are_told(user, project, folder):
    raises(AuthorisationError, lambda: user.get_project(SOME_UUID))
    raises(AuthorisationError, lambda: user.get_dataset(SOME_UUID, include_data_rows=False))
    raises(ResourceNotFoundError, lambda: project._client.workflow_reopen([SOME_UUID]))
    raises(ResourceNotFoundError, lambda: project._client.workflow_set_priority([(SOME_UUID, 0.5)]))
    raises(UnknownException, lambda: project._client.workflow_set_priority([(SOME_UUID, 1.5)]))
    raises(ResourceNotFoundError, lambda: folder.add_private_data_to_folder_get_result(SOME_UUID))
    raises(InvalidArgumentsError, lambda: folder.add_private_data_to_folder_start(SOME_UUID, DataUploadItems()))
    [row] = project.list_label_rows_v2(data_title_eq="frame-070021")
    row.initialise_labels()
    labels = row.to_encord_dict()
    labels["data_hash"] = SOME_UUID
    raises(CorruptedLabelError, lambda: project._client.save_label_rows([row.label_hash], [labels]))
    raises(ResourceExistsError, lambda: project._client.create_label_rows([row.data_hash], branch_name="main"))


def raises(kind, call):
    try:
        got = call()
    except EncordException as e:
        assert isinstance(e, kind), repr(e)
        return
    raise AssertionError(f"no {kind.__name__}, but {got!r}")


main()
print(json.dumps("done"))
