using System.Text.Json;
using System.Text.Json.Serialization;
using HmsOrleans.Cli.Watch;

namespace HmsOrleans.Cli.Client;

/// <summary>How the API's JSON is read; made at build time, for a quick start.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Host[]))]
[JsonSerializable(typeof(HostSummary[]))]
[JsonSerializable(typeof(Container))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(Incident))]
[JsonSerializable(typeof(IncidentPage))]
[JsonSerializable(typeof(Availability))]
[JsonSerializable(typeof(Settings))]
[JsonSerializable(typeof(FleetThreshold))]
[JsonSerializable(typeof(Antagonist[]))]
[JsonSerializable(typeof(Notifications))]
[JsonSerializable(typeof(MaintenanceWindow))]
[JsonSerializable(typeof(ChannelTest[]))]
[JsonSerializable(typeof(Snapshot))]
[JsonSerializable(typeof(Delta))]
[JsonSerializable(typeof(FleetNews.Silence))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJson : JsonSerializerContext;
