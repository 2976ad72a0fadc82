# Sourced by the scripts that drive real consumers: gets what a check needs, and says in one form what became of the check.
#
# A check ends in one of three lines, which `.ci/run` collects:
#   DRIVEN: NAME                     the consumer ran, and what it saw was right
#   SKIPPED: NAME, because REASON    what it needs cannot be had here
#   FAILED: NAME, REASON             it ran and was wrong, or what it needs is there by half
#
# Each `need_…` function returns 0 where the thing is there now; else it leaves the reason in $reason, and in $half whether a part of it
# is there, which is a fault of the machine and no absence. What exists and could not be installed is another reason than what does
# not exist, and the last lines of the installer's log follow.

need_log=$(mktemp)
reason=
half=

driven() { # name
    printf 'DRIVEN: %s\n' "$1"
}

failed() { # name, reason
    printf 'FAILED: %s, %s\n' "$1" "$2"
}

# What becomes of a check whose need was not met: 0 where it is skipped, 1 where the need is there by half.
unmet() { # name
    if [ -n "$half" ]; then
        failed "$1" "$reason"
    else
        printf 'SKIPPED: %s, because %s\n' "$1" "$reason"
    fi
    if [ -s "$need_log" ]; then
        tail -n 5 "$need_log" | sed 's/^/    | /'
    fi
    [ -z "$half" ]
}

# Runs a command that reaches a registry; where it fails, once more after the command in $between.
between=true
twice() { # command…
    "$@" >"$need_log" 2>&1 && return 0
    $between >>"$need_log" 2>&1
    sleep 2
    "$@" >>"$need_log" 2>&1
}

is_there() { # a command, or the path of a file
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# A Debian package, known by what it brings: commands, or absolute paths of files. Nothing is installed where all of that is there.
need_debian() { # package, what it brings…
    package=$1
    shift
    : >"$need_log"
    missing=
    half=
    for thing in "$@"; do
        if is_there "$thing"; then half=1; else missing="$missing $thing"; fi
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        reason="there is no$missing, and no apt-get to install Debian's $package with"
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        reason="there is no$missing, and only root may install Debian's $package"
        return 1
    fi
    between="apt-get update"
    if ! twice env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; then
        if apt-cache show "$package" >/dev/null 2>&1; then
            reason="Debian's $package exists and could not be installed now, in two tries"
        else
            reason="Debian has no package $package here"
        fi
        return 1
    fi
    for thing in "$@"; do
        if ! is_there "$thing"; then
            reason="Debian's $package is installed and brought no $thing"
            half=1
            return 1
        fi
    done
}

# PyPI packages in a virtual environment of their own, whose interpreter is $1/bin/python afterwards.
need_python() { # folder of the environment, packages…
    environment=$1
    shift
    half=
    : >"$need_log"
    if ! command -v python3 >/dev/null 2>&1; then
        reason="there is no python3"
        return 1
    fi
    if [ ! -x "$environment/bin/python" ] && ! python3 -m venv "$environment" >"$need_log" 2>&1; then
        reason="python3 makes no virtual environment (Debian's package python3-venv)"
        return 1
    fi
    between=true
    if ! twice "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; then
        reason="pip could not install $*, in two tries"
        return 1
    fi
}

# What a package.json asks for, installed beside it.
need_npm() { # folder
    half=
    : >"$need_log"
    for tool in node npm; do
        if ! command -v "$tool" >/dev/null 2>&1; then
            reason="there is no $tool"
            return 1
        fi
    done
    between=true
    if ! twice npm install --prefix "$1" --no-audit --no-fund --silent; then
        reason="npm could not install what $1/package.json asks for, in two tries"
        return 1
    fi
}
