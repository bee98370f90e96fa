package delivery

import "github.com/labelgate/labelgate/pkg/store"

// What a lane keeps in memory of deliveries whose turn has not come. The rest is read from the store again, which costs
// several times more CPU time than the delivery itself; so a burst should fit.
const (
	maxFresh      = 8192     // deliveries, about a kilobyte each
	maxFreshBytes = 16 << 20 // of their payloads; the others are kept without one
)

// offered is a delivery that was just accepted, with its payload where that was small.
type offered struct {
	delivery store.Delivery
	body     []byte
	probe    bool // sent to find out how the vendor is, while the destination is paused
}

// fresh is a queue of deliveries that were just accepted. Once it has been full it takes no more until the store has been
// asked for those that it did not take, so that they are not overtaken for ever.
type fresh struct {
	list  []offered
	bytes int
	full  bool
}

// add appends a delivery if it can.
func (f *fresh) add(o offered) {
	if f.full || len(f.list) >= maxFresh {
		f.full = true
		return
	}
	if f.bytes+len(o.body) > maxFreshBytes {
		o.body = nil
	}
	f.list = append(f.list, o)
	f.bytes += len(o.body)
}

// pop removes the oldest one.
func (f *fresh) pop() (offered, bool) {
	if len(f.list) == 0 {
		return offered{}, false
	}
	return f.remove(0), true
}

// take removes the one with that id.
func (f *fresh) take(id int64) (offered, bool) {
	for i := range f.list {
		if f.list[i].delivery.ID == id {
			return f.remove(i), true
		}
	}
	return offered{}, false
}

func (f *fresh) remove(i int) offered {
	o := f.list[i]
	if i == 0 {
		f.list[0] = offered{} // lets the payload go
		f.list = f.list[1:]
	} else {
		f.list = append(f.list[:i], f.list[i+1:]...)
	}
	f.bytes -= len(o.body)
	if len(f.list) == 0 {
		f.list = nil
	}
	return o
}
