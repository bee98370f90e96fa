"""Encord's own client reads back what the adapter has sent, and prints it as JSON.

Arguments are the titles to read.
"""

import json
import os
import sys

from encord import EncordUserClient

PROJECT = "aaaaaaaa-0000-4000-8000-000000000001"
FOLDER = "ffffffff-0000-4000-8000-000000000001"


def main():
    user = EncordUserClient.create_with_ssh_private_key(os.environ["SANDBOX_KEY"], domain=os.environ["SANDBOX_URL"])
    project, folder = user.get_project(PROJECT), user.get_storage_folder(FOLDER)
    print(json.dumps([read(project, folder, title) for title in sys.argv[1:]]))


def read(project, folder, title):
    row = project.list_label_rows_v2(data_title_eq=title)[-1]
    [item] = [i for i in folder.list_items(search=title) if i.uuid == row.backing_item_uuid]
    if row.label_hash:
        row.initialise_labels()
    return {
        "title": row.data_title,
        "stage": row.workflow_graph_node.title,
        "priority": row.priority,
        "url": item.url,
        "key": (item.client_metadata or {}).get("labelgate_key"),
        "objects": [draw(o) for o in row.get_object_instances()] if row.label_hash else [],
        "answers": [c.get_answer().label for c in row.get_classification_instances()] if row.label_hash else [],
    }


def draw(instance):
    annotation = instance.get_annotation(0)
    at = annotation.coordinates
    kind = type(at).__name__
    if kind == "BoundingBoxCoordinates":
        points = [at.top_left_x, at.top_left_y, at.width, at.height]
    elif kind == "PolygonCoordinates":
        points = [[[p.x, p.y] for p in ring] for polygon in at.polygons for ring in polygon]
    else:
        points = [[p.x, p.y] for p in at.values]
    return {
        "name": instance.ontology_item.name,
        "shape": instance.ontology_item.shape.value,
        "confidence": annotation.confidence,
        "hash": instance.object_hash,
        "points": points,
    }


main()
