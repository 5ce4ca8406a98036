#!/usr/bin/env bats
# The completions that the option tables make, in the shells that they are for.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
	programs=$(cd "$BATS_TEST_DIRNAME/../cmd" && echo prt*)
}

# typed TEXT: what zsh makes of a line when TAB is pressed behind it. A terminal
# of its own, since zsh completes for no script.
typed() {
	cat >typed.zsh <<-'EOF'
	zmodload zsh/zpty
	zpty z zsh -f -i
	zpty -w z "PS1= RPS1=; stty -echo; unsetopt zle_bracketed_paste"
	zpty -w z "fpath=($PWD/zsh \$fpath); autoload -U compinit; compinit -u -D"
	zpty -w z 'zstyle ":completion:*" list-colors; setopt no_always_last_prompt'
	zpty -w z 'show() { print -r -- "<$BUFFER>"; zle kill-whole-line }'
	zpty -w z 'zle -N show; bindkey "^I" complete-word; bindkey "^G" show'
	zpty -w z 'print rea""dy'
	zpty -r -m z got '*ready*'
	zpty -w -n z "$1"$'\t\a'
	zpty -r -m z got '*<*>*'
	print -r -- "${${got##*<}%%>*}"
	EOF
	timeout 30 zsh -f typed.zsh "$1" </dev/null 3>&-
}

@test "zsh completes the options of every program" {
	local p

	mkdir zsh
	for p in $programs; do
		"$p" --completion zsh >"zsh/_$p"
		zsh -n "zsh/_$p"
		run typed "$p --vers"
		assert_output --regexp "^$p --version ?\$"
	done
}

@test "zsh completes values: files where a file goes" {
	mkdir zsh
	prt-blast --completion zsh >zsh/_prt-blast
	prtip --completion zsh >zsh/_prtip
	: >somewhere.ck
	run typed 'prt-blast --resu'
	assert_output 'prt-blast --resume='
	run typed 'prt-blast --resume=some'
	assert_output --regexp '^prt-blast --resume=somewhere\.ck ?$'
	run typed 'prt-blast -s syn -T4 --checkp'
	assert_output 'prt-blast -s syn -T4 --checkpoint='
	run typed 'prtip -oX some'
	assert_output --regexp '^prtip -oX somewhere\.ck ?$'
}

@test "zsh takes a completion that is sourced, too" {
	run zsh -f -c 'autoload -U compinit; compinit -u -D
	    source <(prt-blast --completion zsh)
	    print ${_comps[prt-blast]}' </dev/null
	assert_output _prt-blast
}

@test "bash completes the options of every program" {
	local p

	for p in $programs; do
		"$p" --completion bash >complete.bash
		# shellcheck disable=SC2016
		run bash -c 'source ./complete.bash
		    spec=$(complete -p "$1")
		    compgen -W "$(sed "s/.*-W .\([^'"'"']*\).*/\1/" <<<"$spec")" \
			-- --vers' bash "$p"
		assert_output --partial --version
	done
}

@test "a shell that has none is named" {
	run prt-fmt --completion tcsh
	assert_failure 2
	assert_output --partial "no completion for the shell 'tcsh'"
}
