//! What can be asked: GET of a listed path, and a call of a listed method. A call has no parameters but the names of
//! objects to look at.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::super::http::{Get, Got};

/// One JSON-RPC method that a driver may call. A driver lists all of them as statics, and a transport sends no other.
#[derive(Debug, PartialEq, Eq)]
pub struct Method(&'static str);

impl Method {
    /// A method such as `printer.objects.list`.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    #[cfg(test)]
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

/// A call of a method.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    method: &'static Method,
    id: u32,
    objects: Option<Objects>,
}

/// Names of the printer's own objects, and which of their fields are looked at.
#[derive(Clone, PartialEq, Eq)]
struct Objects(Vec<(String, &'static [&'static str])>);

// By hand: users name their objects, and those names must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("method", self.method).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Call {
    /// A call of this method. Its answer has the same number.
    pub fn new(method: &'static Method, id: u32) -> Self {
        Self { method, id, objects: None }
    }

    /// With `"objects": {name: [field, …], …}`.
    pub fn objects(self, objects: Vec<(String, &'static [&'static str])>) -> Self {
        Self { objects: Some(Objects(objects)), ..self }
    }

    pub(in crate::intake::poll) fn method(&self) -> &'static Method {
        self.method
    }

    /// JSON-RPC 2.0.
    pub(in crate::intake::poll) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut call = serializer.serialize_map(None)?;
        call.serialize_entry("jsonrpc", "2.0")?;
        call.serialize_entry("id", &self.id)?;
        call.serialize_entry("method", self.method.0)?;
        if let Some(objects) = &self.objects {
            call.serialize_entry("params", &Params { objects })?;
        }
        call.end()
    }
}

#[derive(serde::Serialize)]
struct Params<'a> {
    objects: &'a Objects,
}

impl Serialize for Objects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, fields)| (name, fields)))
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Over HTTP.
    Get(Get),
    /// Over the WebSocket, which is opened by the first call.
    Call(Call),
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Over HTTP.
    Got(Got),
    /// One message of the WebSocket: an answer to a call, or what nobody asked for.
    Said(Bytes),
    /// There is no WebSocket to be had: HTTP goes on.
    NoSocket,
}
