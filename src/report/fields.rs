//! A record made of named fields, for formats whose names are others' and have dots in them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::escape::json;

/// Fields by name.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Sets a field. What is not known is left out.
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Serialize) {
        match serde_json::to_value(value) {
            Ok(Value::Null) | Err(_) => {}
            Ok(value) => {
                self.0.insert(name.into(), value);
            }
        }
    }

    /// [`Self::set`]; an empty list is left out, too.
    pub(super) fn list<T: Serialize>(
        &mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) {
        let values: Vec<T> = values.into_iter().collect();
        self.set(name, Some(values).filter(|values| !values.is_empty()));
    }

    /// One line of NDJSON.
    pub(super) fn line(self, out: &mut impl Write) -> io::Result<()> {
        let text = serde_json::to_string(&self.0)?;
        out.write_all(json(&text).as_bytes())?;
        out.write_all(b"\n")
    }

    /// Objects inside of objects, a level for each dot. A name must not begin like another one
    /// and go on behind a dot.
    pub(super) fn nested(self) -> Self {
        let mut root = Map::new();
        for (name, value) in self.0 {
            let mut object = &mut root;
            let mut parts = name.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    object.insert(part.to_owned(), value);
                    break;
                }
                let inner = object.entry(part).or_insert_with(|| Map::new().into());
                let Value::Object(inner) = inner else { break };
                object = inner;
            }
        }
        Self(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_nest_and_nothing_is_left_out_but_what_is_not_known() {
        let mut fields = Fields::default();
        fields.set("a.b.c", 1);
        fields.set("a.b.d", "x");
        fields.set("a.e", None::<u8>);
        fields.list("a.f", [0; 0]);
        fields.set("g", false);
        let mut line = Vec::new();
        fields.nested().line(&mut line).expect("a line");
        assert_eq!(line, b"{\"a\":{\"b\":{\"c\":1,\"d\":\"x\"}},\"g\":false}\n");
    }
}
