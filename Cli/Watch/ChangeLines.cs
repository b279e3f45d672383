using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Watch;

/// <summary>A line for each change of state, for a pipe or a file.</summary>
internal sealed class ChangeLines(Terminal terminal, bool isJson, TimeProvider time)
{
    public async Task RunAsync(FleetFeed feed, FleetPicture picture, CancellationToken cancellationToken)
    {
        await foreach (var news in feed.ReadAsync(cancellationToken))
        {
            foreach (var change in picture.Take(news))
            {
                terminal.Out.WriteLine(isJson ? Json(change) : Text(change));
            }
            terminal.Out.Flush();
        }
    }

    private string Text(StateChange change) => Words.Printable(
        $"{Words.TimeOfDay(time.GetUtcNow())}  {change.Host}{(change.Container is null ? "" : $"/{change.Container}")}  {change.From} -> {change.To}{(change.Details.Length == 0 ? "" : $"  {change.Details}")}");

    private string Json(StateChange change) => JsonText.Write(isIndented: false, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("at", time.GetUtcNow());
        writer.WriteString("host", change.Host);
        writer.WriteString("from", change.From);
        writer.WriteString("to", change.To);
        writer.WriteString("details", change.Details);
        writer.WritePropertyName("container");
        if (change.Json is { } json)
        {
            json.WriteTo(writer);
        }
        else
        {
            writer.WriteNullValue();
        }
        writer.WriteEndObject();
    });
}
