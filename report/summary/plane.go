package summary

import (
	"github.com/dtlssim/dtlssim/report/planes"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

func regions(f *figures.MapResult, outcomes []string) (Section, error) {
	drawn := planes.Figure(f.Regions, f.Of.Title, outcomes)
	s := Section{
		Table: planes.Rows(f.Regions), Sentence: planes.Sentence(f.Regions), Method: planes.Proof(f.Regions),
		Values: Values{Data: f.Regions},
	}
	return s, s.add(f.Of.Name, &drawn, planes.Records(f.Regions))
}

func bands(f *figures.BandsResult, outcomes []string) (Section, error) {
	drawn := planes.BandFigure(f.Bands, f.Of.Title, outcomes)
	s := Section{
		Table: planes.BandRows(f.Bands), Sentence: planes.BandSentence(f.Bands), Method: planes.BandProof(f.Bands),
		Values: Values{Data: f.Bands},
	}
	return s, s.add(f.Of.Name, &drawn, planes.BandRecords(f.Bands))
}
