package stack

import (
	"fmt"
	"strconv"
)

// Reason is what an endpoint does with a record that it received, and why, unless it simply reads
// it.
type Reason uint8

// The reasons.
const (
	Replay           Reason = iota + 1 // dropped: its number was seen before (RFC 6347 section 4.1.2.6)
	BehindWindow                       // dropped: older than the replay window: Newest, Window
	LaterEpoch                         // dropped: more than one epoch ahead of the peer's: PeerEpoch
	OldEpoch                           // dropped: unprotected, and the handshake is complete
	Undecryptable                      // dropped: it cannot be decrypted (RFC 6347 section 4.1.2.7)
	Malformed                          // dropped: it cannot be parsed; without a Record, the whole datagram
	WrongType                          // rejected: there is no such content type
	Unprotected                        // rejected: application data of epoch 0
	QueueFull                          // dropped: no room in the queue: Window is its size
	QueuedForEpoch                     // queued: it belongs to the next epoch: PeerEpoch
	QueuedForKeys                      // queued: there are no keys yet
	Unqueued                           // read from the queue
	DroppedFromQueue                   // dropped from the queue: it still cannot be read
	NeverRead                          // left in the queue at the end
	Overwritten                        // its place in the queue has the bytes of a later datagram
	FragmentKept                       // kept: a part of a message of which others are missing: Message
	MessageKept                        // kept: an earlier message is missing: Message
	MessageComplete                    // nothing is missing any more of a message that was kept: Message
	MessageRepeated                    // its message was read before: Message
	EpochChanged                       // ignored: a ChangeCipherSpec of an epoch that is over
	DataKept                           // kept: the handshake is not complete
	DataDropped                        // dropped: the handshake is not complete, and other data is kept
	AlertRead                          // an alert is read: Alert
	BehindAlert                        // dropped: it follows an alert, or a rejected record, in its datagram
	FlightRepeated                     // a repeated message is answered: Flight is sent again
	Unexplained                        // the stack's log says something of a record that is not known: Alert
)

// reasonNames are the names of the reasons in JSON.
var reasonNames = [...]string{
	Replay: "replay", BehindWindow: "behind-window", LaterEpoch: "later-epoch", OldEpoch: "old-epoch",
	Undecryptable: "undecryptable", Malformed: "malformed", WrongType: "wrong-type", Unprotected: "unprotected",
	QueueFull: "queue-full", QueuedForEpoch: "queued-for-epoch", QueuedForKeys: "queued-for-keys",
	Unqueued: "read-from-queue", DroppedFromQueue: "dropped-from-queue", NeverRead: "never-read",
	Overwritten: "overwritten", FragmentKept: "fragment-kept", MessageKept: "message-kept",
	MessageComplete: "message-complete", MessageRepeated: "message-repeated", EpochChanged: "epoch-changed",
	DataKept: "data-kept", DataDropped: "data-dropped", AlertRead: "alert-read", BehindAlert: "behind-alert",
	FlightRepeated: "flight-repeated", Unexplained: "unexplained",
}

// String returns the name of the reason, "replay".
func (r Reason) String() string {
	if name := nameOf(reasonNames[:], uint8(r)); name != "" {
		return name
	}
	return "reason " + strconv.Itoa(int(r))
}

// Explanation says what an endpoint does with a record, and why. Reason says which of the fields
// after State each reason uses.
type Explanation struct {
	Reason Reason

	// Inferred reports that the stack does not say so: it follows from the record, from those
	// before it, and from the source of the stack.
	Inferred bool

	// Record names what the record contains, such as "ClientHello"; it is empty if the event is
	// not about a record. An encrypted handshake message is called Finished.
	Record      string
	ContentType uint8
	Epoch       uint16
	Sequence    uint64

	// Flight and State are where the endpoint's handshake is when the record is read.
	Flight Flight
	State  State

	PeerEpoch uint16 // the epoch of the peer that the endpoint has reached
	Window    int    // size of the replay window or of the queue, in records
	Newest    uint64 // the highest sequence number of the epoch so far
	Message   int    // number of the handshake message (message_seq)
	Missing   int    // number of the message that is missing, for MessageKept
	Alert     string // name of the alert, such as "close_notify"

	// Unread, of a record that is queued, reports that the endpoint never reads its queue.
	Unread bool
}

// Elsewhere is the Record of an explanation about bytes of a later datagram; see Overwritten. The
// epoch and the sequence number are what these bytes say.
const Elsewhere = "what is there now"

// Name returns what the record is called in texts, "ClientHello 0/5": its content, its epoch and
// its sequence number.
func (e *Explanation) Name() string {
	if e.Record == Elsewhere {
		return e.Record
	}
	return fmt.Sprintf("%s %d/%d", e.Record, e.Epoch, e.Sequence)
}

// Deed says what the endpoint does with the record, in words that follow the endpoint's name:
// before is "drops", and after begins with a colon or is empty. The name of the record stands
// between them.
func (e *Explanation) Deed() (before, after string) {
	switch e.Reason {
	case Replay:
		return "drops", ": a replay, the record was seen before"
	case BehindWindow:
		return "drops", fmt.Sprintf(": older than the replay window of %d, the newest record is %d/%d", e.Window,
			e.Epoch, e.Newest)
	case LaterEpoch:
		return "drops", fmt.Sprintf(": the peer's epoch is %d", e.PeerEpoch)
	case OldEpoch:
		return "drops", ": unprotected, and the handshake is complete"
	case Undecryptable:
		return "drops", ": it cannot be decrypted"
	case Malformed:
		if e.Record == "" {
			return "drops the datagram", ": the lengths of its records do not add up"
		}
		return "drops", ": malformed"
	case WrongType:
		return "rejects", ": no such content type"
	case Unprotected:
		return "rejects", ": application data must be protected"
	case QueueFull:
		return "drops", fmt.Sprintf(": the queue of %d records is full", e.Window)
	case QueuedForEpoch:
		return "queues", fmt.Sprintf(" for epoch %d: the peer's epoch is %d%s", e.Epoch, e.PeerEpoch, e.unread())
	case QueuedForKeys:
		return "queues", ": there are no keys yet" + e.unread()
	case Unqueued:
		return "reads", " from the queue"
	case DroppedFromQueue:
		return "drops", " from the queue: it still cannot be read"
	case NeverRead:
		return "never reads", ", which is in the queue"
	case Overwritten:
		return "finds a later datagram where it queued", ": the queue keeps no copy"
	case FragmentKept:
		return "keeps", fmt.Sprintf(": message %d is not complete", e.Message)
	case MessageKept:
		return "keeps", fmt.Sprintf(": message %d is missing", e.Missing)
	case MessageComplete:
		return fmt.Sprintf("has all of message %d now, with", e.Message), ""
	case MessageRepeated:
		return fmt.Sprintf("sees message %d again in", e.Message), ", " + e.where()
	case EpochChanged:
		return "ignores", fmt.Sprintf(": the peer's epoch is %d already", e.PeerEpoch)
	case DataKept:
		return "keeps", ": the handshake is not complete"
	case DataDropped:
		return "drops", ": the handshake is not complete, and other data waits for it"
	case AlertRead:
		return "reads", ", an alert: " + e.Alert
	case BehindAlert:
		return "drops", ": it follows an alert or a rejected record in its datagram"
	case FlightRepeated:
		return "sends " + e.Flight.String() + " again", ": the peer has repeated a message"
	case Unexplained:
		return "says", ": " + e.Alert
	}
	return e.Reason.String(), ""
}

func (e *Explanation) unread() string {
	if e.Unread {
		return "; it never reads this queue"
	}
	return ""
}

// where says where the handshake is.
func (e *Explanation) where() string {
	if e.State == Finished {
		return "the handshake is complete"
	}
	return "the handshake is in " + e.Flight.String()
}
