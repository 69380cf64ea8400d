package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
)

// Digests returns two SHA-256 digests of a trace, in hexadecimal.
//
// The digest covers everything: order, times, latencies, payloads, and what happened on each
// host. The signature covers, for each host in the order of names, what happened on it and in
// which order, without times and payload bytes. Two replications with the same signature differ
// only in their times and secrets.
//
// Reasons belong to neither: a digest says what happened between hosts, not what an endpoint made
// of it, and it is the same whether anybody asks for reasons or not.
func Digests(records []Record) (digest, signature string) {
	var d Digester
	for i := range records {
		d.Add(&records[i])
	}
	return d.Sums()
}

// Digester computes the digests of a trace, one record after the other. It hashes a long trace in
// parts, so its memory does not grow with the trace. It reuses its buffers for the next trace. It
// is not safe for concurrent use.
type Digester struct {
	hosts []hostDigest
	rest  hashed // everything outside the signature
}

// hostDigest holds one host's input to the digests.
type hostDigest struct {
	name      string
	signature hashed // the encodings of what happened on it
	sum       [sha256.Size]byte
}

// mostBuffered is how many bytes a Digester collects before it hashes them. keptHosts is the
// largest number of hosts whose buffers it keeps for the next trace.
const (
	mostBuffered = 32 << 10
	keptHosts    = 4
)

// hashed collects bytes and hashes them. Most traces fit into the buffer and are hashed at once.
type hashed struct {
	buffer []byte
	hash   hash.Hash // nil unless bytes before those in the buffer were hashed
}

// filled hashes the buffer if it is full.
func (h *hashed) filled() {
	if len(h.buffer) < mostBuffered {
		return
	}
	if h.hash == nil {
		h.hash = sha256.New()
	}
	h.hash.Write(h.buffer)
	h.buffer = h.buffer[:0]
}

// sum returns the hash of all bytes.
func (h *hashed) sum() (sum [sha256.Size]byte) {
	if h.hash == nil {
		return sha256.Sum256(h.buffer)
	}
	h.hash.Write(h.buffer)
	h.hash.Sum(sum[:0])
	return sum
}

// reset forgets all bytes. It keeps the buffer unless one record has made it large.
func (h *hashed) reset() {
	h.hash = nil
	if h.buffer = h.buffer[:0]; cap(h.buffer) > 2*mostBuffered {
		h.buffer = nil
	}
}

// Add adds the next record of the trace.
func (d *Digester) Add(r *Record) {
	at := 0
	for at < len(d.hosts) && d.hosts[at].name != r.Host {
		at++
	}
	if at == len(d.hosts) {
		d.addHost(r.Host)
	}
	h := &d.hosts[at].signature
	h.buffer = r.appendSignature(h.buffer)
	h.filled()
	d.rest.buffer = r.appendRest(binary.AppendUvarint(d.rest.buffer, uint64(at)))
	d.rest.filled()
}

// Sums returns the digests of the trace, and prepares for the next one.
func (d *Digester) Sums() (digest, signature string) {
	sum := func(parts []byte) string {
		h := sha256.Sum256(parts)
		return hex.EncodeToString(h[:])
	}
	all := d.rest.sum()
	whole := append(make([]byte, 0, 8*sha256.Size), all[:]...)
	for i := range d.hosts {
		d.hosts[i].sum = d.hosts[i].signature.sum()
		whole = append(whole, d.hosts[i].sum[:]...)
	}
	slices.SortFunc(d.hosts, func(a, b hostDigest) int { return strings.Compare(a.name, b.name) })
	signatures := make([]byte, 0, 8*sha256.Size)
	for i := range d.hosts {
		signatures = append(signatures, d.hosts[i].sum[:]...)
	}
	d.Reset()
	return sum(whole), sum(signatures)[:32]
}

// addHost begins another host. It reuses a buffer of an earlier trace if one is left.
func (d *Digester) addHost(name string) {
	n := len(d.hosts)
	if n < cap(d.hosts) {
		d.hosts = d.hosts[:n+1]
	} else {
		d.hosts = append(d.hosts, hostDigest{})
	}
	h := &d.hosts[n]
	h.name, h.signature.buffer = name, appendText(h.signature.buffer[:0], name)
}

// Reset prepares for the next trace.
func (d *Digester) Reset() {
	for i := range d.hosts {
		d.hosts[i].signature.reset()
		if i >= keptHosts {
			d.hosts[i].signature.buffer = nil
		}
	}
	if len(d.hosts) > keptHosts {
		d.hosts = slices.Clone(d.hosts[:keptHosts])
	}
	d.hosts = d.hosts[:0]
	d.rest.reset()
}
