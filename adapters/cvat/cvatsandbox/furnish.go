package cvatsandbox

// furnish makes what is there before the first request: two users, an organization, and a project in and outside of it.
func (s *store) furnish() {
	s.organizations = []organization{{ID: 1, Slug: "acme"}}
	s.userList = []user{
		{ID: 1, URL: "/api/users/1", Username: "admin"},
		{ID: 2, URL: "/api/users/2", Username: "ann", First: "Ann", Last: "Otator"},
	}
	for i, name := range []string{"rehearsal", "rehearsal of acme"} {
		p := &project{id: i + 1, org: i, name: name}
		for _, class := range []string{"cat", "dog", "ferret", "rabbit", "truck", "leash"} {
			p.labels = append(p.labels, s.add(&label{name: class, kind: "any", attributes: uuidAttribute()}))
		}
		p.labels = append(p.labels,
			s.add(&label{name: "indoor", kind: "tag", attributes: uuidAttribute()}),
			s.add(&label{name: "animal", kind: "skeleton", attributes: uuidAttribute(), sublabels: points("nose", "left_ear", "right_ear", "tail")}),
		)
		s.projectList = append(s.projectList, p)
	}
}

// uuidAttribute is the text attribute that carries a label's id of elsewhere.
func uuidAttribute() []attribute {
	return []attribute{{Name: "label_uuid", Input: "text", Values: []string{""}}}
}

// points are the sublabels of a skeleton.
func points(names ...string) []*label {
	list := make([]*label, len(names))
	for i, name := range names {
		list[i] = &label{name: name, kind: "points"}
	}
	return list
}
