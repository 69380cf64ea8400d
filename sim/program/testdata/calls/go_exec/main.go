// os/exec: output, input, exit codes, pipelines, a time limit, pipes.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	out, err := exec.Command("echo", "a", "b c").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	c := exec.Command("sh", "-c", "cat; echo to stderr >&2; exit 3")
	c.Stdin = strings.NewReader("text of the parent\n")
	var both strings.Builder
	c.Stdout = &both
	err = c.Run()
	var exit *exec.ExitError
	fmt.Printf("%q %v %v\n", both.String(), errors.As(err, &exit), c.ProcessState)
	_, err = exec.Command("/nonexistent").Output()
	fmt.Println(errors.Is(err, os.ErrNotExist))

	first, second := exec.Command("sh", "-c", "echo x; sleep 0.1; echo y"), exec.Command("sed", "s/$/!/")
	second.Stdin, _ = first.StdoutPipe()
	second.Stdout = os.Stdout
	fmt.Println(second.Start(), first.Run(), second.Wait())

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err = exec.CommandContext(ctx, "sleep", "60").Run()
	fmt.Println(err, time.Since(start) >= 100*time.Millisecond)

	c = exec.Command("sh", "-c", "while read l; do echo got $l; done")
	in, _ := c.StdinPipe()
	from, _ := c.StdoutPipe()
	c.Start()
	lines := bufio.NewScanner(from)
	for i := range 3 {
		fmt.Fprintf(in, "line %d\n", i)
		lines.Scan()
		fmt.Println(lines.Text())
	}
	in.Close()
	rest, err := io.ReadAll(from)
	fmt.Printf("%q %v %v\n", rest, err, c.Wait())
	c = exec.Command("sleep", "60")
	c.Start()
	fmt.Println(c.Process.Kill(), c.Wait())
	c = exec.Command("sh", "-c", "echo $V")
	c.Env = []string{"V=of the environment"}
	c.Dir = "/"
	out, err = c.Output()
	fmt.Printf("%q %v\n", out, err)
	r, w, err := os.Pipe()
	go func() {
		time.Sleep(20 * time.Millisecond)
		w.Write([]byte("through a pipe"))
		w.Close()
	}()
	rest, _ = io.ReadAll(r)
	fmt.Printf("%q %v\n", rest, err)
}
