//! Words that belong to a language, primitive types included, and say nothing about the program written in it. Each
//! list is sorted; a test in [`crate::languages`] says so.

pub(crate) const NONE: &[&str] = &[];

pub(crate) const RUST: &[&str] = &[
    "Self", "as", "async", "await", "bool", "break", "char", "const", "continue", "crate", "dyn", "else", "enum",
    "extern", "f32", "f64", "false", "fn", "for", "i128", "i16", "i32", "i64", "i8", "if", "impl", "in", "isize",
    "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static", "str", "struct", "super",
    "trait", "true", "type", "u128", "u16", "u32", "u64", "u8", "unsafe", "use", "usize", "where", "while",
];

pub(crate) const C: &[&str] = &[
    "auto", "bool", "break", "case", "catch", "char", "class", "const", "constexpr", "continue", "default", "define",
    "delete", "do", "double", "else", "endif", "enum", "extern", "false", "float", "for", "friend", "goto", "if",
    "ifdef", "ifndef", "include", "inline", "int", "long", "namespace", "new", "noexcept", "nullptr", "operator",
    "override", "private", "protected", "public", "register", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typename", "union", "unsigned",
    "using", "virtual", "void", "volatile", "while",
];

pub(crate) const JAVA: &[&str] = &[
    "abstract", "as", "assert", "base", "bool", "boolean", "break", "byte", "case", "catch", "char", "class", "const",
    "continue", "data", "default", "do", "double", "else", "enum", "extends", "false", "final", "finally", "float",
    "for", "foreach", "fun", "get", "if", "implements", "import", "in", "instanceof", "int", "interface", "internal",
    "is", "long", "namespace", "new", "null", "object", "open", "out", "override", "package", "private", "protected",
    "public", "readonly", "return", "sealed", "set", "short", "static", "string", "super", "switch", "synchronized",
    "this", "throw", "throws", "transient", "true", "try", "using", "val", "var", "virtual", "void", "volatile",
    "when", "while",
];

pub(crate) const SCRIPT: &[&str] = &[
    "any", "as", "async", "await", "boolean", "break", "case", "catch", "class", "const", "continue", "default",
    "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for", "from", "function", "if",
    "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "number", "of", "private",
    "protected", "public", "readonly", "return", "static", "string", "super", "switch", "this", "throw", "true",
    "try", "type", "typeof", "undefined", "var", "void", "while", "yield",
];

pub(crate) const PYTHON: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "self", "try", "while", "with", "yield",
];

pub(crate) const GO: &[&str] = &[
    "bool", "break", "byte", "case", "chan", "const", "continue", "default", "defer", "else", "error", "fallthrough",
    "false", "for", "func", "go", "goto", "if", "import", "int", "interface", "map", "nil", "package", "range",
    "return", "select", "string", "struct", "switch", "true", "type", "var",
];

pub(crate) const RUBY: &[&str] = &[
    "and", "begin", "break", "case", "class", "def", "do", "else", "elsif", "end", "ensure", "false", "for", "if",
    "in", "local", "module", "my", "next", "nil", "not", "or", "our", "require", "rescue", "return", "self", "sub",
    "then", "true", "unless", "until", "use", "when", "while", "yield",
];

pub(crate) const SHELL: &[&str] = &[
    "case", "do", "done", "echo", "elif", "else", "esac", "exit", "export", "fi", "for", "function", "if", "in",
    "local", "return", "set", "then", "while",
];
