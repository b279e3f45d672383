namespace HmsOrleans.Cli.Client;

/// <summary>How it is with notifications.</summary>
internal sealed record Notifications(Channel[] Channels, Mute[]? Mutes, MaintenanceWindow[]? Windows);

/// <summary>One way in which people are told.</summary>
internal sealed record Channel(string Name, string Type, int Waiting, int Lost, DateTimeOffset? LastSuccess, string? Trouble, DateTimeOffset? NextAttempt);

/// <summary>A container of which nothing is told.</summary>
internal sealed record Mute(string Host, string Container, DateTimeOffset? Until);

/// <summary>A time in which nothing is told.</summary>
internal sealed record MaintenanceWindow(string Id, string? Host, DateTimeOffset From, DateTimeOffset Until);

/// <summary>What came of a test.</summary>
internal sealed record ChannelTest(string Channel, bool Delivered, string? Trouble);
