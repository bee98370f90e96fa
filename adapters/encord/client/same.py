"""Encord's own client does the same work that the adapter does, so that a test can compare what both send.

The argument is JSON: what to do ("batch", "reopen" or "move") and with what.
"""

import json
import os
import sys

from encord import EncordUserClient
from encord.objects.coordinates import (
    BoundingBoxCoordinates,
    PointCoordinate,
    PolygonCoordinates,
    PolylineCoordinates,
    SkeletonCoordinate,
)
from encord.orm.storage import DataUploadImage, DataUploadItems

PROJECT = "aaaaaaaa-0000-4000-8000-000000000001"
DATASET = "dddddddd-0000-4000-8000-000000000001"
FOLDER = "ffffffff-0000-4000-8000-000000000001"


def main():
    work = json.loads(sys.argv[1])
    user = EncordUserClient.create_with_ssh_private_key(os.environ["SANDBOX_KEY"], domain=os.environ["SANDBOX_URL"])
    {"batch": batch, "reopen": reopen, "move": move}[work["do"]](user, user.get_project(PROJECT), work)


def batch(user, project, work):
    folder = user.get_storage_folder(FOLDER)
    images = [DataUploadImage(object_url=i["url"], title=i["title"], client_metadata=i["metadata"]) for i in work["images"]]
    job = folder.add_private_data_to_folder_start(
        work["integration"], DataUploadItems(images=images, skip_duplicate_urls=True), ignore_errors=True
    )
    made = folder.add_private_data_to_folder_get_result(job)
    for image in images:
        list(folder.list_items(search=image.title, page_size=1000))
    linked = user.get_dataset(DATASET).link_items([i.item_uuid for i in made.items_with_names])
    hashes = [row.uid for row in linked]
    rows = []
    while len(rows) < len(hashes):
        rows = project.list_label_rows_v2(data_hashes=hashes)
    with project.create_bundle() as bundle:
        for row in rows:
            row.initialise_labels(bundle=bundle)
    for row in rows:
        draw(project, row, work["labels"])
    with project.create_bundle() as bundle:
        for row in rows:
            row.save(bundle=bundle)
    prioritise(project, rows, work["priority"])
    for row in rows:
        project._client.get_label_rows([row.label_hash], get_signed_url=False)  # what initialise_labels does with a row that is there


def draw(project, row, labels):
    structure = project.ontology_structure
    points = lambda pairs: [PointCoordinate(x, y) for x, y in pairs]
    for label in labels:
        if label["shape"] == "classification":
            [question] = structure.classifications
            instance = question.create_instance()
            instance.set_for_frames(0)
            instance.set_answer(next(o for o in question.attributes[0].options if o.label == label["name"]))
            row.add_classification_instance(instance)
            continue
        [feature] = [o for o in structure.objects if o.name == label["name"] and o.shape.value == label["shape"]]
        at = label["at"]
        coordinates = {
            "bounding_box": lambda: BoundingBoxCoordinates(top_left_x=at[0], top_left_y=at[1], width=at[2], height=at[3]),
            "polygon": lambda: PolygonCoordinates(polygons=[[points(ring)] for ring in at]),
            "polyline": lambda: PolylineCoordinates(points(at)),
            "point": lambda: PointCoordinate(*at[0]),
            "skeleton": lambda: structure.skeleton_templates[label["name"]].create_instance(
                [SkeletonCoordinate(x=x, y=y, name=name) for name, (x, y) in zip(label["joints"], at)]
            ),
        }[label["shape"]]()
        instance = feature.create_instance()
        instance.set_for_frames(coordinates, frames=0, confidence=label.get("confidence", 1.0))
        row.add_object_instance(instance)


def reopen(user, project, work):
    project.list_label_rows_v2(label_hashes=work["rows"])
    for title in work["titles"]:
        project.list_label_rows_v2(data_title_eq=title)
    rows = project.list_label_rows_v2(data_hashes=work["data"])
    with project.create_bundle() as bundle:
        for row in rows:
            row.workflow_reopen(bundle=bundle)
    prioritise(project, rows, work["priority"])


def move(user, project, work):
    to = project.workflow.get_stage(uuid=work["to"])
    found = []
    for stage in work["from"]:
        stage = project.workflow.get_stage(uuid=stage)
        for title in work["titles"]:
            list(stage.get_tasks(data_title=title))
        found += stage.get_tasks(data_hash=work["data"])
    with project.create_bundle() as bundle:
        for task in found:
            task.move(destination_stage_uuid=to.uuid, bundle=bundle)
    prioritise(project, project.list_label_rows_v2(data_hashes=work["data"]), work["priority"])


def prioritise(project, rows, priority):
    with project.create_bundle() as bundle:
        for row in rows:
            row.set_priority(priority, bundle=bundle)


main()
