package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
)

// accessors are the methods of values that ask for a parameter, with the type that it must
// have.
var accessors = map[string]scenarios.Type{
	"Duration": scenarios.DurationType, "Distribution": scenarios.DistributionType, "Choice": scenarios.ChoiceType,
	"Count": scenarios.CountType, "Probability": scenarios.ProbabilityType, "BitRate": scenarios.BitRateType,
	"Correlation": scenarios.CorrelationType, "Loss": scenarios.LossType, "Interval": scenarios.IntervalType,
}

// The code of sessions asks for every parameter that is declared, as one of its type, and for
// no other. A parameter that another follows may be asked for by way of that one.
func TestAsksAreThoseOfTheCode(t *testing.T) {
	declared := map[string]scenarios.Type{}
	for _, a := range Asks() {
		if a.By == "" {
			t.Errorf("nobody asks for %s", a.Name)
		}
		declared[a.Name] = a.Type
	}
	asked := map[string]bool{}
	var files []string
	for _, pattern := range []string{"*.go", "network/*.go", "outcome/*.go"} {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatal(err, pattern)
		}
		files = append(files, list...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			kind, ok := accessors[method.Sel.Name]
			literal, isLiteral := call.Args[0].(*ast.BasicLit)
			if !ok || !isLiteral || literal.Kind != token.STRING {
				return true
			}
			parameter, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if asked[parameter] = true; declared[parameter] != kind {
				t.Errorf("%s asks for %s as a %s, and it is declared as %q", set.Position(call.Pos()), parameter, kind,
					declared[parameter])
			}
			return true
		})
	}
	for _, p := range Parameters(nil) {
		follows := func(q scenarios.Parameter) bool { return q.Follows == p.Name }
		followed := slices.ContainsFunc(Parameters(nil), follows)
		if !asked[p.Name] && !followed {
			t.Errorf("nothing asks for %s", p.Name)
		}
	}
}
