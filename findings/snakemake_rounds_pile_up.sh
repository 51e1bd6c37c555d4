#!/usr/bin/env bash
# While jobs wait for a core, Snakemake's scheduler keeps one waiting thread for every job that has
# ended, and works once a second for each: after 100 jobs a hundred times a second, and so on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1
cat >Snakefile <<'END'
rule all:
    input:
        expand("done/{i}", i=range(int(config["jobs"]))),
        "long/1",
        "long/2",

rule short:
    output: "done/{i}"
    priority: 2
    shell: "touch {output}"

rule long: # once all short ones have ended; the second waits for the core of the first
    output: "long/{i}"
    shell: "sleep 5; ls /proc/$(cat head)/task | wc -l > {output}"
END

threads() { # of Snakemake, after so many jobs
	rm -rf done long .snakemake
	sh -c 'echo $$ >head; exec venv/bin/snakemake --cores 1 --scheduler greedy --quiet all --config "jobs=$1"' sh "$1" 2>/dev/null
	cat long/1
}
few=$(threads 10)
many=$(threads 100)

venv/bin/snakemake --version | sed 's/^/snakemake /'
echo "expected: as many threads after 100 jobs as after 10, with one job running and one waiting"
echo "seen:     $few after 10, $many after 100"
[ $((many - few)) -gt 60 ]
