//! Embeds the console's built pages into the binary.

#[path = "../edge-node/web-rim/embed.rs"]
mod embed;

fn main() -> std::io::Result<()> {
    embed::pages("ui/dist", "npm ci && npm run build in sync-hub/ui")
}
