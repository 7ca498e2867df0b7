//! Distinguished names as Windows writes them: `CN=mail.example.com, O="Example, Inc."`.

use super::Pseudonyms;

impl Pseudonyms {
    /// Redacts the values of a name; the types of its attributes stay.
    pub fn distinguished(&mut self, text: &str) -> String {
        let mut found = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((kind, tail)) = rest.split_once('=') {
            let end = value_end(tail);
            let (value, tail) = tail.split_at(end);
            found.push_str(&self.attribute_type(kind));
            found.push('=');
            found.push_str(&self.name(value));
            let next = tail
                .find(|char| !", +".contains(char))
                .unwrap_or(tail.len());
            let (between, tail) = tail.split_at(next);
            found.push_str(between);
            rest = tail;
        }
        found.push_str(&self.name(rest));
        found
    }

    /// A registered type stays, a number may be somebody's.
    fn attribute_type(&mut self, kind: &str) -> String {
        let is_name = kind.bytes().all(|byte| byte.is_ascii_alphabetic());
        match kind.strip_prefix("OID.") {
            Some(number) => format!("OID.{}", self.name(number)),
            None if is_name && kind.len() <= LONGEST_TYPE => kind.to_owned(),
            None => self.name(kind),
        }
    }
}

/// `serialNumber` and the like; longer is no registered type.
const LONGEST_TYPE: usize = 24;

/// Where a value ends: in quotes at the quote that is not doubled, else before what would have
/// been quoted.
fn value_end(text: &str) -> usize {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '+']).unwrap_or(text.len());
        return text[..end].trim_end_matches(' ').len();
    };
    let mut rest = quoted;
    while let Some(at) = rest.find('"') {
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(tail) => rest = tail,
            None => return text.len() - rest.len(),
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    #[test]
    fn types_and_structure_stay() {
        let mut pseudonyms = Pseudonyms::new(Key::new(b"a secret of tests"));
        let text = "OID.2.5.4.97=X1, CN=mail.acme.example + E=a@b.example, O=\"Acme, \"\"O=Q\"\" Inc.\", S=Bern";
        let new = pseudonyms.distinguished(text);
        assert_eq!(new.len(), text.len());
        for kind in [
            "OID.", ", CN=", " + E=", ", O=\"", ", \"\"", "\"\" ", ".\", S=",
        ] {
            assert!(new.contains(kind), "{kind} in {new}");
        }
        for word in [
            "mail", "acme", "Acme", "Inc", "Bern", "X1", "example", "O=Q",
        ] {
            assert!(!new.contains(word), "{word} in {new}");
        }
        let host = pseudonyms.name("mail.acme.example");
        assert!(new.contains(&format!("CN={host} ")), "{new}");
        for odd in [
            "",
            "=",
            "CN=",
            "CN=\"",
            "CN=\"\"\"",
            "a",
            "CN=a,b=c",
            "CN=  ",
        ] {
            assert_eq!(pseudonyms.distinguished(odd).len(), odd.len(), "{odd}");
        }
    }
}
