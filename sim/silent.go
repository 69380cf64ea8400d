package sim

import "github.com/pion/logging"

// silent is a logger that discards everything, and its own factory. It costs nothing, which
// matters because vnet makes a logger for each of its parts in every replication.
type silent struct{}

var (
	_ logging.LoggerFactory = silent{}
	_ logging.LeveledLogger = silent{}
)

// NewLogger implements logging.LoggerFactory.
func (silent) NewLogger(string) logging.LeveledLogger { return silent{} }

func (silent) Trace(string)          {}
func (silent) Tracef(string, ...any) {}
func (silent) Debug(string)          {}
func (silent) Debugf(string, ...any) {}
func (silent) Info(string)           {}
func (silent) Infof(string, ...any)  {}
func (silent) Warn(string)           {}
func (silent) Warnf(string, ...any)  {}
func (silent) Error(string)          {}
func (silent) Errorf(string, ...any) {}
