package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/server"
)

const settleHelp = `Writes down what a person has seen at the vendor about a step whose outcome is unknown: its call was begun and no
answer came. deliveries show names the step; redrive then goes on from there.

--done says that the vendor has it. --keep gives values that its answer would have brought and that later steps
need (deliveries show of an earlier delivery has their names), --refused the items that the vendor did not take.
--not-done says that the vendor does not have it: the step is sent again.`

func newSettleCommand(g *globals) *cobra.Command {
	var said server.SettleRequest
	var notDone bool
	var kept, refused []string
	cmd := &cobra.Command{
		Use:   "settle ID --step STEP --done|--not-done",
		Short: "Say whether the vendor has a step whose outcome is unknown",
		Long:  settleHelp,
		Example: "  labelgate deliveries settle 17 --step create-batch --done --keep batch_id=b-204\n" +
			"  labelgate deliveries settle 17 --step create-batch --not-done && labelgate deliveries redrive 17",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			if said.Done == notDone {
				return &exitError{exitUsage, errors.New("say one of --done and --not-done")}
			}
			if err := readSettlement(&said, kept, refused); err != nil {
				return &exitError{exitUsage, err}
			}
			return g.withLedger(cmd, func(l ledger) error {
				if err := l.Settle(cmd.Context(), id, said); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "delivery %d: step %s is settled; labelgate deliveries redrive %d goes on\n", id, said.Step, id)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&said.Step, "step", "", "id of the step")
	f.BoolVar(&said.Done, "done", false, "the vendor has it")
	f.BoolVar(&notDone, "not-done", false, "the vendor does not have it: send it again")
	f.StringArrayVar(&kept, "keep", nil, "NAME=VALUE that the vendor's answer would have brought; with --done")
	f.StringArrayVar(&refused, "refused", nil, "ITEM=REASON of an item that the vendor did not take; with --done")
	return cmd
}

func readSettlement(said *server.SettleRequest, kept, refused []string) error {
	said.Kept, said.Refused = map[string]string{}, map[export.ItemID]string{}
	for _, text := range kept {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return fmt.Errorf("--keep %q: must be NAME=VALUE", text)
		}
		said.Kept[name] = value
	}
	for _, text := range refused {
		item, reason, ok := strings.Cut(text, "=")
		if !ok || item == "" {
			return fmt.Errorf("--refused %q: must be ITEM=REASON", text)
		}
		said.Refused[export.ItemID(item)] = reason
	}
	_, err := said.Settlement()
	return err
}
