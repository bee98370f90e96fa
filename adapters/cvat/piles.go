package cvat

import (
	"hash/fnv"

	"github.com/labelgate/labelgate/pkg/export"
)

// image is a frame on its way into a task.
type image struct {
	item    export.ItemID
	index   int    // of the first element that it was exported by
	element string // its id
	url     string
	name    string // the file name, by which CVAT tells the frames of a task apart
	drawing drawing
}

// piles put images together for tasks. Two images with the same file name never come together: the second one goes onto
// a second pile, and so on. Only what is on a pile is in memory, besides a hash of each name.
type piles struct {
	// size is how many images make a task; full is called with each pile that is complete.
	size int
	full func(number int, images []image) error

	seen  map[uint64]int // how often a name was there
	piles [][]image      // by how often the names on it were there before
	done  int
}

func (p *piles) add(i image) error {
	if p.seen == nil {
		p.seen = map[uint64]int{}
	}
	hash := fnv.New64a()
	hash.Write([]byte(i.name))
	name := hash.Sum64()
	at := p.seen[name]
	p.seen[name]++
	for len(p.piles) <= at {
		p.piles = append(p.piles, nil)
	}
	p.piles[at] = append(p.piles[at], i)
	if len(p.piles[at]) < p.size {
		return nil
	}
	return p.hand(at)
}

// empty reports whether there was no image.
func (p *piles) empty() bool { return len(p.seen) == 0 }

// hand hands a pile over. Tasks are numbered as they are.
func (p *piles) hand(at int) error {
	images := p.piles[at]
	p.piles[at] = nil
	p.done++
	return p.full(p.done, images)
}

// close hands over the piles that are not full. There are the more of them, the more often one name comes.
func (p *piles) close() error {
	for at, left := range p.piles {
		if len(left) == 0 {
			continue
		}
		if err := p.hand(at); err != nil {
			return err
		}
	}
	return nil
}
