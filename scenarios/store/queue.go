package store

import (
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
)

// The pace of commits. After a commit, the queue waits restFactor times as long as the commit took,
// but at most longestRest. So commits take about 1 % of the time. Waiting is safe, because the
// journal holds the waiting replications.
const (
	restFactor  = 100
	longestRest = 100 * time.Millisecond
)

// maxWaiting is the largest number of waiting replications.
const maxWaiting = 4096

// queue writes replications to the journal and passes them to one goroutine, which commits each
// batch in one transaction.
type queue struct {
	file    layout.File
	journal *journal.Journal
	mu      sync.Mutex
	changed *sync.Cond // something was put, taken, or ended
	waiting []record.Kept
	busy    bool  // a batch is being committed
	err     error // the first error of the journal or a commit; after it, nothing is kept
	ending  chan struct{}
	many    chan struct{} // has an element when the next batch must not rest
}

func (q *queue) init(f layout.File, j *journal.Journal) {
	q.file, q.journal = f, j
	q.changed = sync.NewCond(&q.mu)
	q.ending, q.many = make(chan struct{}), make(chan struct{}, 1)
}

// put adds a replication; when it returns, the replication is in the journal. It returns the error
// of an earlier commit that failed.
func (q *queue) put(k record.Kept) error {
	body, err := k.Encode()
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= maxWaiting && q.err == nil {
		q.changed.Wait()
	}
	if q.err == nil {
		q.err = q.file.Explain(q.journal.Add(body))
	}
	if q.err == nil {
		q.waiting = append(q.waiting, k)
		if len(q.waiting) == maxWaiting/2 {
			q.hurry()
		}
	}
	q.changed.Broadcast()
	return q.err
}

// hurry ends the rest between two commits.
func (q *queue) hurry() {
	select {
	case q.many <- struct{}{}:
	default: // already signaled
	}
}

// drain waits until everything that was put is committed. It returns the error of a commit that
// failed.
func (q *queue) drain() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for (len(q.waiting) > 0 || q.busy) && q.err == nil {
		q.hurry()
		q.changed.Wait()
	}
	return q.err
}

// end says that no more replications will be put. It must be called once.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.ending)
	q.changed.Broadcast()
}

// failed returns the first error of the journal or a commit.
func (q *queue) failed() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// take waits for replications and returns them, with a function that removes them from the journal.
// It returns none at the end.
func (q *queue) take(emptied []record.Kept) (batch []record.Kept, forget func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.ended() {
		q.changed.Wait()
	}
	batch = q.waiting
	q.waiting, q.busy = emptied, len(batch) > 0
	q.changed.Broadcast()
	if len(batch) == 0 {
		return nil, nil
	}
	return batch, q.journal.Turn()
}

func (q *queue) ended() bool {
	select {
	case <-q.ending:
		return true
	default:
		return false
	}
}

// mark writes to the journal how many transactions were committed.
func (q *queue) mark(commits int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.file.Explain(q.journal.Add(record.EncodeCommits(commits)))
}

// serve commits the replications in the queue, until the end or a failure.
func (q *queue) serve(commit func([]record.Kept) (commits int64, err error)) {
	var emptied []record.Kept
	for {
		batch, forget := q.take(emptied)
		if len(batch) == 0 {
			return
		}
		start := time.Now()
		commits, err := commit(batch)
		if err == nil {
			err = q.mark(commits)
		}
		if err == nil {
			err = q.file.Explain(forget())
		}
		if err != nil {
			q.mu.Lock()
			q.err, q.waiting, q.busy = err, nil, false
			q.changed.Broadcast()
			q.mu.Unlock()
			return
		}
		q.mu.Lock()
		q.busy = false
		q.changed.Broadcast()
		q.mu.Unlock()
		rest := time.NewTimer(min(restFactor*time.Since(start), longestRest))
		select {
		case <-rest.C:
		case <-q.many:
		case <-q.ending:
		}
		rest.Stop()
		clear(batch) // dumps can be large
		emptied = batch[:0]
	}
}
