# Every target works from nothing: the environment is built in .venv on first use.
# Tests run in JOBS processes of one thread each: two on two cores take half the time of one process of two threads.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out
JOBS ?= 2
INPUTS ?= 3000
SEED ?= 0
DATA ?= ../shared/data
CODE := src tests benchmarks examples docs/hooks.py

.PHONY: demo test test-long fuzz lint docs bench train-duet train-dim train-retrieval train-mars-codes train-mars-face train-mars-body train-mars results-mouths results-life results-duet results-dim results-tokenizers results-mars-codes results-mars results-who-speaks results-sentiment results-perception results-retrieval-encoder results-realtalk results-describer results-statistics clean help

help:
	@echo "make demo          set up, then turn examples/talk.wav into $(OUT)/video.mp4"
	@echo "make test          set up, then run the tests"
	@echo "make test-long     the tests that take long, which make test leaves out (tests/long.txt)"
	@echo "make fuzz          thousands of faulty inputs through every verb, into docs/results/robustness.md (an hour; INPUTS, SEED)"
	@echo "make lint          style, types and the dependencies between packages"
	@echo "make docs          the documentation, into site/"
	@echo "make bench         speed and memory figures"
	@echo "make train-duet    train the built-in Duet weights (hours on two cores; resumes)"
	@echo "make train-dim     train the built-in DIM weights, on the same conversations (under an hour; resumes)"
	@echo "make train-retrieval  train the built-in encoder of words and motion, on simulated listeners (a quarter of an hour; resumes)"
	@echo "make results-retrieval-encoder  measure it, into docs/results/retrieval-encoder.md (minutes)"
	@echo "make results-mouths  measure how far mouths move, into docs/results/mouths.md (ten minutes)"
	@echo "make results-life  measure how alive people are, into docs/results/life.md (an hour on two cores; resumes)"
	@echo "make results-duet  measure them, into docs/results/duet.md (hours on two cores; resumes)"
	@echo "make results-dim   measure DIM, its baselines and ablations, into docs/results/dim.md (hours; resumes)"
	@echo "make results-perception  measure what is read off videos, into docs/results/perception.md (two hours; resumes)"
	@echo "make results-realtalk  measure retrieved listeners, into docs/results/realtalk.md (hours; resumes)"
	@echo "make results-describer  measure the built-in describer of listeners, into docs/results/describer.md (ten minutes)"
	@echo "make results-tokenizers  compare tokenizers, into docs/results/tokenizers.md (half an hour; resumes)"
	@echo "make train-mars-codes  train the built-in codes of face and body, on dialogues under DATA (under an hour; resumes)"
	@echo "make train-mars    train the built-in MARS with these codes, on dialogues under DATA (two hours; resumes)"
	@echo "make results-mars-codes  measure them, into docs/results/mars-codes.md (an hour; resumes)"
	@echo "make results-mars  measure MARS, into docs/results/mars.md, once it was trained as docs/mars.md says (hours; resumes)"
	@echo "make results-statistics  check intervals and tests, into docs/results/statistics.md (half an hour)"

$(VENV)/bin/python:
	@echo "== making $(VENV)"
	$(PYTHON) -m venv $(VENV)

# torch comes first and pinned, so that nothing pulls another build of it.
$(READY): $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "== installing visavis and what it needs (a few minutes the first time)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,train]"
	@touch $(READY)

demo: $(READY)
	@echo "== fetching pretrained files (once)"
	$(BIN)/visavis assets fetch
	@echo "== animating examples/talk.wav"
	$(BIN)/visavis animate examples/talk.wav -o $(OUT) --layout "two friends talking at a table"
	@echo "== done: watch $(OUT)/video.mp4"

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not long"

test-long: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m long

fuzz: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/long.py --inputs $(INPUTS) --seed $(SEED)

lint: $(READY)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/mkdocs build --strict

bench: $(READY)
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.rendering
	$(BIN)/python -m benchmarks.metrics

results-who-speaks: $(READY)
	$(BIN)/python -m benchmarks.who_speaks > docs/results/.who-speaks.md && mv docs/results/.who-speaks.md docs/results/who-speaks.md

results-sentiment: $(READY)
	$(BIN)/python -m benchmarks.sentiment > docs/results/.sentiment.md && mv docs/results/.sentiment.md docs/results/sentiment.md

train-duet: $(READY)
	$(BIN)/visavis train duet --built-in -o runs/duet/run

train-dim: $(READY)
	$(BIN)/visavis train dim --built-in -o runs/duet/dim

train-retrieval: $(READY)
	$(BIN)/visavis train motion-text --built-in -o runs/retrieval/run

results-retrieval-encoder: $(READY)
	$(BIN)/python -m benchmarks.retrieval_encoder > docs/results/.retrieval-encoder.md && mv docs/results/.retrieval-encoder.md docs/results/retrieval-encoder.md

results-mouths: $(READY)
	$(BIN)/python -m benchmarks.mouths > docs/results/.mouths.md && mv docs/results/.mouths.md docs/results/mouths.md

results-life: $(READY)
	$(BIN)/python -m benchmarks.results_life

results-duet: $(READY)
	$(BIN)/python -m benchmarks.results_duet

results-dim: $(READY)
	$(BIN)/python -m benchmarks.results_dim

results-tokenizers: $(READY)
	$(BIN)/python -m benchmarks.results_tokenizers

results-mars-codes: $(READY)
	$(BIN)/python -m benchmarks.results_mars_codes --data $(DATA)

train-mars-face train-mars-body: train-mars-codes

train-mars-codes: $(READY)
	$(BIN)/visavis simulate -o runs/mars-codes/corpus --conversations 224 --seconds 60 --space arkit-body \
		--dialogues switchboard-turns=$(DATA)/turn-taking --dialogues ami-pairs=$(DATA)/ami \
		--dialogues topical-chat=$(DATA)/topical-chat --dialogues casino=$(DATA)/casino \
		--dialogues persona-chat=$(DATA)/synthetic-persona-chat
	for part in face body; do \
		$(BIN)/visavis train tokenizer --preset mars-$$part-small --corpus runs/mars-codes/corpus -o runs/mars-codes/$$part || exit; \
	done
	$(BIN)/python -m visavis.training.built_in_codes runs/mars-codes/face/model runs/mars-codes/body/model

train-mars: $(READY)
	$(BIN)/visavis simulate -o runs/mars/talks --conversations 400 --space arkit-body \
		--dialogues switchboard-turns=$(DATA)/turn-taking --dialogues topical-chat=$(DATA)/topical-chat \
		--dialogues casino=$(DATA)/casino
	$(BIN)/visavis train mars --corpus runs/mars/talks -o runs/mars/full-0
	$(BIN)/python -m visavis.training.built_in_mars runs/mars/full-0/language/model

results-mars: $(READY)
	$(BIN)/python -m benchmarks.results_mars

results-perception: $(READY)
	$(BIN)/python -m benchmarks.results_perception

results-describer: $(READY)
	$(BIN)/python -m benchmarks.results_describer

results-realtalk: $(READY)
	$(BIN)/python -m benchmarks.results_realtalk

results-statistics: $(READY)
	$(BIN)/python -m benchmarks.results_statistics

clean:
	rm -rf $(VENV) $(OUT) site dist build
