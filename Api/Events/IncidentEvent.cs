using System.Text.Json;
using System.Text.Json.Nodes;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Api.Events;

/// <summary>An incident as lists show it: without what was captured, with how long it took.</summary>
internal static class IncidentEvent
{
    public static JsonObject From(Incident incident, JsonSerializerOptions json)
    {
        var shown = JsonSerializer.SerializeToNode(incident, json)!.AsObject();
        shown.Remove("capture");
        shown["timeToDetect"] = (incident.FaultAt - incident.DownSince)?.TotalSeconds;
        shown["timeToHeal"] = (incident.RunningAgainAt - incident.FaultAt)?.TotalSeconds;
        return shown;
    }
}
