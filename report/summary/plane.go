package summary

import (
	"github.com/dtlssim/dtlssim/report/plane"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func regions(f *study.FigureResult, _ float64) (Section, error) {
	drawn := plane.Figure(f.Regions, f.Figure.Title)
	s := Section{Table: plane.Rows(f.Regions), Sentence: plane.Sentence(f.Regions), Method: plane.Proof(f.Regions), Data: f.Regions}
	return s, s.add(f.Figure.Name, &drawn, plane.Records(f.Regions))
}

func bands(f *study.FigureResult, _ float64) (Section, error) {
	drawn := plane.BandFigure(f.Bands, f.Figure.Title)
	s := Section{Table: plane.BandRows(f.Bands), Sentence: plane.BandSentence(f.Bands), Method: plane.BandProof(f.Bands), Data: f.Bands}
	return s, s.add(f.Figure.Name, &drawn, plane.BandRecords(f.Bands))
}
