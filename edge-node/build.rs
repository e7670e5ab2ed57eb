//! Embeds the depot's built pages into the binary.

#[path = "web-rim/embed.rs"]
mod embed;

fn main() -> std::io::Result<()> {
    embed::pages("ui/depot/dist", "npm ci && npm run build in edge-node/ui")
}
