//! A reverse proxy that lets nothing through but GET, and no WebSocket: what an owner puts before an interface that has no
//! key which can only read.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A proxy that runs until it is dropped.
pub struct GetOnly {
    /// Its address, without a slash at the end.
    pub url: String,
    task: JoinHandle<()>,
}

impl GetOnly {
    /// Starts one before this server, such as `127.0.0.1:7125`.
    pub async fn start(server: &str) -> Result<Self> {
        let server = server.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            // They end with it.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, server));
            }
        });
        Ok(Self { url, task })
    }
}

impl Drop for GetOnly {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One question of one connection.
async fn serve(mut client: TcpStream, server: SocketAddr) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    if !head.starts_with(b"GET ") || head.starts_with(b"GET /websocket") {
        return client.write_all(REFUSAL).await.map_err(Into::into);
    }
    let mut server = TcpStream::connect(server).await?;
    head.truncate(head.len() - 2);
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    server.write_all(&head).await?;
    copy(&mut server, &mut client).await?;
    Ok(())
}
