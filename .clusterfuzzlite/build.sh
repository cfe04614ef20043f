#!/bin/bash -eu
# What ClusterFuzzLite and OSS-Fuzz run in their builder's image: it makes of every line of
# targets.txt a fuzzer, its dictionary and its seeds in $OUT. It changes the sources, which
# are a copy there.
cd "$SRC/bilateralrpc"

module=github.com/bitmark-inc/bilateralrpc
tool=github.com/AdamKorcz/go-118-fuzz-build
version=v0.0.0-20250520111509-a70c2aa677fa

# Seeds and dictionaries first: they need the sources as they are.
targets=$(grep -v '^#' .clusterfuzzlite/targets.txt)
while read -r dir func dictionary seeds; do
  name=$(basename "$dir")_$func
  # shellcheck disable=SC2086 # patterns are to become names
  (cd tools && go run ./corpus -root .. -o "$OUT/${name}_seed_corpus.zip" "$dir" "$func" $seeds)
  if [ "$dictionary" != - ]; then
    cp ".clusterfuzzlite/dictionaries/$dictionary" "$OUT/$name.dict"
  fi
done <<<"$targets"

go install "$tool@$version"
go get "$tool/testing@$version"

# A build leaves out files for tests: those of the targets get another name, and all of them
# the testing of the tool, which changes only the file of one target. A folder that holds
# nothing but targets becomes a package as a whole, since they share what they need.
while read -r dir func _; do
  case $dir in
  fuzz) files=$(find fuzz -maxdepth 1 -name '*_test.go') ;;
  *) files=$(grep -l --include='*_test.go' -r "^func $func(" "$dir") ;;
  esac
  for file in $files; do
    sed -i "s,^\(import \|\t\)\"testing\"\$,\1\"$tool/testing\"," "$file"
    mv "$file" "${file%_test.go}_fuzz.go"
  done
done <<<"$targets"

while read -r dir func _; do
  compile_native_go_fuzzer "$module/$dir" "$func" "$(basename "$dir")_$func"
done <<<"$targets"
