package outcome

import (
	"strconv"
	"strings"
)

// The lines that applications send. Each of a client's says which message it is.

// Acknowledgement is the line with which the server's application acknowledges data.
const Acknowledgement = "received\n"

// Greeting is the line that a client sends first in an attempt to connect, from 1.
func Greeting(client, attempt int) string {
	text := "hello from client " + strconv.Itoa(client)
	if attempt > 1 {
		text += ", attempt " + strconv.Itoa(attempt)
	}
	return text + "\n"
}

// KeepAlive is the line with which a client keeps its association alive. number is the number of the
// message among those of the client; the first is the greeting.
func KeepAlive(client, number int) string {
	return "client " + strconv.Itoa(client) + " is still here, message " + strconv.Itoa(number) + "\n"
}

// Sender says which message of which client a line is. For a line that no client sends, client is 0.
// attempt is 1 for a keep-alive, which does not say it.
func Sender(line string) (client, attempt, number int) {
	text, whole := strings.CutSuffix(line, "\n")
	if !whole {
		return 0, 0, 0
	}
	attempt, number = 1, 1
	first, second := "", ""
	if rest, ok := strings.CutPrefix(text, "hello from client "); ok {
		if first, second, ok = strings.Cut(rest, ", attempt "); ok {
			attempt = atoi(second)
		}
	} else if rest, ok := strings.CutPrefix(text, "client "); ok {
		if first, second, ok = strings.Cut(rest, " is still here, message "); !ok {
			return 0, 0, 0
		}
		number = atoi(second)
	}
	if client = atoi(first); client == 0 || attempt == 0 || number == 0 {
		return 0, 0, 0
	}
	return client, attempt, number
}

// atoi returns a whole number from 1 on, or 0 if the text is none.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0
	}
	return n
}
