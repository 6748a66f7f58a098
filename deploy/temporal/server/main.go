// Temporal's server with PostgreSQL, as `server FILE`. `server schema ...` is Temporal's tool for its database schema.
package main

import (
	"log"
	"os"

	"go.temporal.io/server/common/config"
	serverlog "go.temporal.io/server/common/log"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // registers the database driver
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/tools/sql"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: server CONFIG.yaml, or server schema OPTIONS COMMAND")
	}
	if os.Args[1] == "schema" {
		if err := sql.RunTool(os.Args[1:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	settings, err := config.Load(config.WithConfigFile(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(settings),
		temporal.WithLogger(serverlog.NewZapLogger(serverlog.BuildZapLogger(settings.Log))),
		temporal.InterruptOn(temporal.InterruptCh()),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
}
