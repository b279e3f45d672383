namespace HmsOrleans.Grains.Commands;

/// <summary>The streams between programs outside the cluster and the grains.</summary>
public static class CommandStreams
{
    /// <summary>Name of the stream provider.</summary>
    public const string Provider = "commands";

    /// <summary>Namespace of the streams of <see cref="ExternalCommand"/>. The key is the host's address, or <see cref="Fleet"/>: commands of one key are carried out in their order.</summary>
    public const string Requests = "hms.requests";

    /// <summary>Namespace of the streams of <see cref="CommandReply"/>, by the same keys.</summary>
    public const string Replies = "hms.replies";

    /// <summary>Key of what is about no single host. No host can have that name.</summary>
    public const string Fleet = "*";
}
