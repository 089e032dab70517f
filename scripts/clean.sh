#!/usr/bin/env bash
# Removes what builds made: target/, logs/, demo/ and drafts. No database, no extract, nothing that was frozen or is a
# stranger's. Databases that lie in target/ or logs/ stay too, but for those of slim CI.
set -euo pipefail
cd "$(dirname "$0")/.."

# Where a path leads, also one that does not exist yet.
real() {
    if [ -d "$1" ]; then
        (cd -- "$1" && pwd -P)
    else
        echo "$(cd -- "$(dirname -- "$1")" 2> /dev/null && pwd -P)/$(basename -- "$1")"
    fi
}

# The place that a setting names must not go with the folder that it lies in.
for name in SOSDATA_SOURCE_DIR SOSDATA_DUCKDB_PATH SOSDATA_RECORD_PATH SOSDATA_ANALYTICS_PATH SOSDATA_DELIVERY_DIR; do
    place=$(real "${!name:-.}")
    for folder in target logs demo; do
        case $place/ in
            "$(real $folder)"/*)
                echo "Nothing was removed: $name ($place) lies in $folder/; move it, or unset $name." >&2
                exit 1
                ;;
        esac
    done
done

rm -rf target/slim_ci demo
for folder in target logs; do
    if [ -d $folder ] && [ ! -L $folder ]; then
        find $folder -type f ! -name '*.duckdb' ! -name '*.duckdb.wal' -delete
        find $folder -depth -type d -empty -delete
    fi
done

sections='clients service_task_periods child_protection_periods decisions services_received'
ours=(-name delivery_note.csv)
for section in $sections; do
    ours+=(-o -name "sosdata_$section.csv" -o -name "sosdata_$section.parquet" -o -name "sosdata_$section.jsonl")
done
shopt -s nullglob
for draft in "${SOSDATA_DELIVERY_DIR:-delivery}"/*/draft; do
    if [ -L "$draft" ] || [ -L "$(dirname -- "$draft")" ] || [ ! -d "$draft" ]; then
        continue
    fi
    if [ "$(find "$draft/" -mindepth 1 ! \( -type f \( "${ours[@]}" \) \) -print)" ]; then
        echo "Left as it is: $draft holds what no delivery wrote."
        continue
    fi
    rm -rf -- "$draft"
done
