using HmsOrleans.Antagonist.CommandLine;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Makes the results of the raw data: a page, plots, tables in Markdown, and the figures for programs.</summary>
internal static class CampaignReport
{
    /// <param name="directories">Of one campaign, or of both arms; the results are put into the first.</param>
    /// <returns>Path of the page.</returns>
    /// <exception cref="CommandFailedException">There is no complete cell.</exception>
    public static string Write(IReadOnlyList<string> directories)
    {
        var cells = new List<CellFigures>();
        foreach (var directory in directories)
        {
            var folder = new CellFolder(directory);
            cells.AddRange(folder.Complete.Select(cell => CellFigures.Of(folder.Read(cell))));
        }
        if (cells.Count == 0)
        {
            throw new CommandFailedException($"there is no complete cell in {string.Join(" or ", directories)}");
        }
        var groups = CampaignGroup.Of(cells);
        var healing = groups.Where(group => group.Arm == CampaignArm.Healing).ToList();
        var (light, dark) = (Draw(healing.Count > 0 ? healing : groups, isDark: false), Draw(healing.Count > 0 ? healing : groups, isDark: true));
        foreach (var (name, image) in light)
        {
            File.WriteAllBytes(Path.Combine(directories[0], $"{name}.png"), image);
        }
        CampaignResults.Write(Path.Combine(directories[0], "results.json"), groups);
        File.WriteAllText(Path.Combine(directories[0], "tables.md"), ReportTables.Of(groups));
        var page = Path.Combine(directories[0], "report.html");
        File.WriteAllText(page, ReportPage.Of(groups, light, dark));
        return page;
    }

    private static Dictionary<string, byte[]> Draw(IReadOnlyList<CampaignGroup> groups, bool isDark)
    {
        var plots = new Plots(groups, isDark);
        return new()
        {
            ["figure-17"] = plots.Availability(),
            ["figure-18"] = plots.Bandwidth(),
            ["figure-19-low"] = plots.BandwidthOverTime(isHighFrequency: false),
            ["figure-19-high"] = plots.BandwidthOverTime(isHighFrequency: true),
        };
    }
}
