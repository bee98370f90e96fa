"""Lets the Segments.ai client do what the adapter does, and what people do beside it, at the stand-in."""

import os

from segments import SegmentsClient
from segments.exceptions import AlreadyExistsError, AuthenticationError, NetworkError, NotFoundError

URL = os.environ["SANDBOX_URL"]
client = SegmentsClient(os.environ["SANDBOX_KEY"], api_url=URL)
PETS = "acme/pets"


def refused(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as err:
        assert type(err) is kind, repr(err)
        return err
    raise AssertionError(f"{call.__name__} was not refused")


refused(AuthenticationError, SegmentsClient, "wrong", api_url=URL)

# Datasets: the one to rehearse with, and one of our own.
pets = client.get_dataset(PETS)
assert pets.task_type == "vector" and {c.name: c.id for c in pets.task_attributes.categories}["cat"] == 2
attributes = {"format_version": "0.1", "categories": [{"id": 7, "name": "car", "color": [1, 2, 3]}, {"id": 8, "name": "road"}]}
cars = client.add_dataset("cars", task_type="vector", task_attributes=attributes)
assert cars.full_name == "acme/cars" and client.get_dataset("acme/cars").task_attributes.categories[0].id == 7
refused(AlreadyExistsError, client.add_dataset, "cars", task_type="vector")
refused(NotFoundError, client.get_dataset, "acme/boats")

# One sample; its name is taken once.
image = {"image": {"url": "https://img.example.com/a.jpg"}}
one = client.add_sample("acme/cars", "a&b c", image, metadata={"gw": "k1"}, priority=5, assigned_labeler="ann", assigned_reviewer="rev")
assert (one.name, one.priority, one.assigned_labeler, one.metadata) == ("a&b c", 5, "ann", {"gw": "k1"})
refused(AlreadyExistsError, client.add_sample, "acme/cars", "a&b c", image)
refused(NotFoundError, client.add_sample, "acme/boats", "x", image)
refused(NetworkError, client.add_sample, "acme/cars", "x", {"image": {"url": "a.jpg"}})

# Many samples; those that are there come back as they are, whatever is asked for.
bulk = [{"name": f"frame{i}", "attributes": image, "metadata": {"k": i}, "priority": 2} for i in range(12)]
made = client.add_samples("acme/cars", bulk)
assert [s.name for s in made] == [b["name"] for b in bulk] and made[3].metadata == {"k": 3}
again = client.add_samples("acme/cars", [{"name": "frame3", "attributes": image, "metadata": {"k": 99}}, {"name": "new", "attributes": image}])
assert again[0].uuid == made[3].uuid and again[0].metadata == {"k": 3} and again[1].priority == 0

# Look-ups: a part of a name finds all that hold it.
assert [s.name for s in client.get_samples("acme/cars", name="frame1")] == ["frame1", "frame10", "frame11"]
assert [s.name for s in client.get_samples("acme/cars", per_page=2, page=2, sort="name", direction="desc")] == ["frame8", "frame7"]
assert client.get_samples("acme/cars", name="nothing") == []
assert [s.uuid for s in client.get_samples("acme/cars", metadata="gw:k1")] == [one.uuid]
refused(NotFoundError, client.get_samples, "acme/cars", page=9)
assert client.get_sample(one.uuid).dataset_full_name == "acme/cars"
refused(NotFoundError, client.get_sample, "00000000-0000-4000-8000-00000000ffff")

# Labels: PUT adds and replaces.
LABEL = {
    "format_version": "0.1",
    "annotations": [
        {"id": 1, "category_id": 7, "type": "bbox", "points": [[10.5, 20.0], [110.0, 220.0]], "attributes": {"src": "uuid-1"}},
        {"id": 2, "category_id": 8, "type": "polygon", "points": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]},
        {"id": 3, "category_id": 8, "type": "polyline", "points": [[1.0, 2.0], [3.0, 4.0]]},
        {"id": 4, "category_id": 7, "type": "point", "points": [[7.0, 8.0]]},
    ],
    "image_attributes": {"weather": "sun"},
}
refused(NotFoundError, client.get_label, one.uuid, "ground-truth")
refused(NotFoundError, client.update_label, one.uuid, "ground-truth", label_status="REJECTED")
label = client.add_label(one.uuid, "ground-truth", LABEL, score=0.9)
assert (label.label_status, label.score, label.labelset) == ("PRELABELED", 0.9, "ground-truth")
assert client.get_label(one.uuid, "ground-truth").attributes.model_dump(exclude_unset=True) == LABEL
client.add_label(one.uuid, "ground-truth", {"annotations": []}, "LABELED", enable_compression=False)
assert client.get_label(one.uuid, "ground-truth").attributes.annotations == []
for wrong in (
    {"id": 1, "category_id": 1, "type": "bbox", "points": [[1, 2], [3, 4]]},  # no such category
    {"id": 1, "category_id": 7, "type": "bbox", "points": [[1, 2], [3, 4], [5, 6]]},
    {"id": 1, "category_id": 7, "type": "polygon", "points": [[1, 2], [3, 4]]},
    {"id": 1, "category_id": 7, "type": "point", "points": [[1, 2, 3]]},
):
    refused(NetworkError, client.add_label, one.uuid, "ground-truth", {"annotations": [wrong]})
refused(NotFoundError, client.add_label, one.uuid, "predictions", LABEL)

# Rework: the label's status, an issue, a priority, a labeler.
assert client.update_label(one.uuid, "ground-truth", label_status="REJECTED").label_status == "REJECTED"
refused(NetworkError, client.update_label, one.uuid, "ground-truth", label_status="BOGUS")
issue = client.add_issue(one.uuid, "wrong class", anchor={"type": "location", "location": {"type": "2d", "x": 10.0, "y": 20.0}})
assert (issue.status, issue.sample_name, issue.comments) == ("OPEN", "a&b c", [])
client.add_issue(one.uuid, "wrong class", anchor={"type": "location", "location": {"type": "2d", "x": 10.0, "y": 20.0}})
assert len(client.get_issues("acme/cars")) == 2, "issues have no key: the same one is made twice"
refused(NetworkError, client.add_issue, one.uuid, "x", anchor={"type": "location"})
assert client.update_issue(issue.uuid, status="CLOSED").status == "CLOSED"
changed = client.update_sample(one.uuid, metadata={"a": 1}, priority=10, assigned_reviewer=None)
assert (changed.metadata, changed.priority, changed.assigned_labeler, changed.assigned_reviewer) == ({"a": 1}, 10, "ann", None)
assert [s.name for s in client.get_samples("acme/cars", label_status="REJECTED", labelset="ground-truth")] == ["a&b c"]
[listed] = client.get_samples("acme/cars", name="a%26b", labelset="ground-truth", include_full_label=True)
assert listed.label.label_status == "REJECTED" and listed.label.attributes.annotations == []
assert client.get_dataset("acme/cars").label_stats.REJECTED == 1

# Taking away.
assert client.delete_samples("acme/cars", [s.uuid for s in made]).deleted_count == len(made)
client.delete_label(one.uuid, "ground-truth")
refused(NotFoundError, client.get_label, one.uuid, "ground-truth")
print("ok")
