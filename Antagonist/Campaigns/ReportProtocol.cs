using System.Globalization;
using System.Text;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>
/// The report's protocol on our history: in each aggregation window in which something changed on a host, one request for its content, and
/// the whole content of the host in reply. A change counts only if it is one in what the report's content holds. The content is as compact as
/// JSON can be, and without the sentence of details, so that the report's protocol is not made worse than it was.
/// </summary>
/// <param name="Fetches">Requests.</param>
/// <param name="Bytes">Of requests and replies.</param>
/// <param name="Changes">Changes of what the report's content holds.</param>
/// <param name="PerSecond">Bytes in each second.</param>
internal sealed record ReportProtocol(int Fetches, long Bytes, int Changes, IReadOnlyList<long> PerSecond)
{
    /// <summary>Bytes of a request for content, <c>{"command": "give_content", ...}</c>: the report's own figure.</summary>
    public const int RequestBytes = 45;

    public static ReportProtocol Replay(CellHistory history)
    {
        var (fetches, bytes, changes) = (0, 0L, 0);
        var perSecond = new long[(int)Math.Ceiling(history.Info.Length)];
        foreach (var host in history.Views.GroupBy(view => view.Host))
        {
            var contents = new Dictionary<string, string>();
            int? marked = null;
            foreach (var view in host.Where(view => view.At < history.Info.Length))
            {
                var window = (int)(view.At / history.Info.Window);
                if (marked is { } earlier && window > earlier)
                {
                    Fetch(earlier);
                    marked = null;
                }
                var content = Content(view);
                var isNew = !contents.TryGetValue(view.ContainerId, out var known);
                if (isNew || known != content)
                {
                    contents[view.ContainerId] = content;
                    // What was there at the start had been told before.
                    var isFirst = isNew && view.At < 1;
                    changes += isFirst ? 0 : 1;
                    marked = isFirst ? marked : window;
                }
            }
            if (marked is { } last)
            {
                Fetch(last);
            }

            void Fetch(int window)
            {
                var size = RequestBytes + 2 + contents.Values.Sum(content => Encoding.UTF8.GetByteCount(content)) + Math.Max(0, contents.Count - 1);
                fetches++;
                bytes += size;
                perSecond[Math.Min(perSecond.Length - 1, (int)((window + 1) * history.Info.Window))] += size;
            }
        }
        return new(fetches, bytes, changes, perSecond);
    }

    /// <summary>One container in the content.</summary>
    private static string Content(CellHistory.View view) => string.Create(
        CultureInfo.InvariantCulture,
        $"\"{view.ContainerId[..Math.Min(12, view.ContainerId.Length)]}\":{{\"image\":\"{view.Image}\",\"ip\":\"{view.Address}\",\"loss\":{Math.Round(view.Loss ?? 0)},\"container\":\"{view.State}\",\"service\":\"{view.Service}\",\"details\":\"\"}}");
}
