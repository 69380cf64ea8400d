// UDP of package net: deadlines, connected and not, both families, refused, closing.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(err)
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := server.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			server.WriteToUDPAddrPort(append([]byte("echo "), b[:n]...), from)
		}
	}()
	client, err := net.Dial("udp", server.LocalAddr().String())
	check(err)
	b := make([]byte, 1500)
	for i := range 3 {
		fmt.Fprintf(client, "message %d", i)
		n, err := client.Read(b)
		fmt.Printf("%q %v\n", b[:n], err)
	}
	start := time.Now()
	client.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err = client.Read(b)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded), time.Since(start) >= 29*time.Millisecond)
	client.SetReadDeadline(time.Time{})
	go func() {
		time.Sleep(20 * time.Millisecond)
		client.SetReadDeadline(time.Unix(1, 0))
	}()
	_, err = client.Read(b)
	fmt.Println("a deadline in the past wakes a reader:", errors.Is(err, os.ErrDeadlineExceeded))
	client.SetReadDeadline(time.Time{})

	server.Close()
	client.Write([]byte("nobody"))
	client.SetReadDeadline(time.Now().Add(time.Second))
	_, err = client.Read(b)
	fmt.Println("refused:", errors.Is(err, syscall.ECONNREFUSED))
	done := make(chan error)
	client.SetReadDeadline(time.Time{})
	go func() {
		_, err := client.Read(b)
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	client.Close()
	fmt.Println("closed:", errors.Is(<-done, net.ErrClosed))

	both, err := net.ListenUDP("udp", nil)
	check(err)
	port := both.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	for _, a := range []string{"127.0.0.1", "::1"} {
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(a), port)))
		check(err)
		c.Write([]byte(a))
		n, _, flags, from, err := both.ReadMsgUDPAddrPort(b, nil)
		fmt.Printf("%q of %v, flags %x %v\n", b[:n], from.Addr(), flags, err)
		both.WriteToUDPAddrPort([]byte("answer"), from)
		n, err = c.Read(b)
		fmt.Printf("%q %v\n", b[:n], err)
	}
	_, err = net.ListenUDP("udp", &net.UDPAddr{Port: int(port)})
	fmt.Println("in use:", errors.Is(err, syscall.EADDRINUSE))
	_, err = both.WriteToUDPAddrPort(make([]byte, 70000), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port))
	fmt.Println("too long:", errors.Is(err, syscall.EMSGSIZE))
}
