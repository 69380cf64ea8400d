package main

import "github.com/spf13/cobra"

func newStudy() *cobra.Command { return &cobra.Command{Use: "study"} }
