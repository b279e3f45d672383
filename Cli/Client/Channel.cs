namespace HmsOrleans.Cli.Client;

/// <summary>How it is with notifications.</summary>
internal sealed record Notifications(Channel[] Channels);

/// <summary>One way in which people are told.</summary>
internal sealed record Channel(string Name, string Type, int Waiting, int Lost, DateTimeOffset? LastSuccess, string? Trouble, DateTimeOffset? NextAttempt);

/// <summary>What came of a test.</summary>
internal sealed record ChannelTest(string Channel, bool Delivered, string? Trouble);
