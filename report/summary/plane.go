package summary

import (
	"github.com/dtlssim/dtlssim/report/planes"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func regions(f *study.FigureResult, _ float64) (Section, error) {
	drawn := planes.Figure(f.Regions, f.Figure.Title)
	s := Section{Table: planes.Rows(f.Regions), Sentence: planes.Sentence(f.Regions), Method: planes.Proof(f.Regions), Data: f.Regions}
	return s, s.add(f.Figure.Name, &drawn, planes.Records(f.Regions))
}

func bands(f *study.FigureResult, _ float64) (Section, error) {
	drawn := planes.BandFigure(f.Bands, f.Figure.Title)
	s := Section{Table: planes.BandRows(f.Bands), Sentence: planes.BandSentence(f.Bands), Method: planes.BandProof(f.Bands), Data: f.Bands}
	return s, s.add(f.Figure.Name, &drawn, planes.BandRecords(f.Bands))
}
