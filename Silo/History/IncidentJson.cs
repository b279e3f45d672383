using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Silo.History;

/// <summary>How incidents stand in a database: as JSON, so that fields may come and go without a change of tables.</summary>
internal static class IncidentJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static Incident Read(string record) => JsonSerializer.Deserialize<Incident>(record, Options)!;

    /// <summary>Reads a record and the capture that stands behind it.</summary>
    public static Incident Read(DbDataReader row) =>
        row.IsDBNull(1) ? Read(row.GetString(0)) : Read(row.GetString(0)) with { Capture = JsonSerializer.Deserialize<IncidentCapture>(row.GetString(1), Options) };
}
