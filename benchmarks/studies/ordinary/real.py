"""Series of public data sets, read from a folder; those that are not there are left out."""

import csv

import numpy as np

from ordinary.task import task

CHAOS = ["Rossler", "Halvorsen", "DoublePendulum", "Hadley", "Thomas", "SprottA", "NoseHoover", "Chua"]
MORE_CHAOS = ["Aizawa", "Duffing", "GenesioTesi", "HyperRossler", "Lorenz84", "MacArthur", "PanXuZhou", "SprottJ"]
SHORT_CHAOS = ["Lorenz", "Rucklidge", "Aizawa", "Finance", "HindmarshRose", "SprottC", "ShimizuMorioka"]
HOURLY, WEEKLY = (3, 30, 99, 120, 200, 260, 350, 390), (5, 20, 60, 110, 150, 230, 290, 310, 340, 355)


def real_tasks(folder):
    """All tasks of the files that are there, and why others are left out."""
    readers = (sunspots, el_nino, carbon_dioxide, temperatures, weather, nino_3, transformers, laser, heart)
    found, missing = {}, []
    for read in (*readers, grasshopper, chaotic_systems, m4_hourly, m4_weekly):
        try:
            found |= read(folder)
        except FileNotFoundError as error:
            missing.append(f"{read.__name__}: {error.filename} is not there")
    return found, missing


def _column(path, place, **options):
    return np.genfromtxt(path, delimiter=",", skip_header=1, usecols=place, **options)


def _filled(values):
    """The values, missing ones on a line between their neighbours."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, np.asarray(values)[known])


def sunspots(folder):
    yearly = _column(folder / "sunspots/sunspots_yearly_1700_2008.csv", 1)
    monthly = np.genfromtxt(folder / "sunspots/SN_m_tot_V2.0.csv", delimiter=";")[:, 3]
    return {
        "sunspots, yearly": task(yearly, 200, 11, 11),
        "sunspots, yearly, 40 rows": task(yearly[150:250], 40, 6, 11),
        "sunspots, monthly": task(monthly, 2500, 24, 128),
        "sunspots, monthly, 600 rows": task(monthly[1200:2200], 600, 12, 128),
    }


def el_nino(folder):
    table = np.genfromtxt(folder / "climate/elnino_monthly_sst.csv", delimiter=",", skip_header=1)
    monthly = _filled(table[:, 1:].ravel())
    return {
        "El Nino, monthly": task(monthly, 500, 12, 12),
        "El Nino, 30 rows": task(monthly[300:380], 30, 6, 12),
        "El Nino, 60 rows": task(monthly[100:220], 60, 12, 12),
        "El Nino, 120 rows": task(monthly[480:], 120, 24, 12),
    }


def carbon_dioxide(folder):
    weekly = _filled(_column(folder / "climate/co2_weekly_maunaloa.csv", 1))
    return {
        "CO2, weekly": task(weekly, 1500, 26, 52),
        "CO2, weekly, 260 rows": task(weekly[1800:], 260, 52, 52),
        "CO2, monthly": task(weekly[:2280].reshape(-1, 4).mean(axis=1), 200, 13, 13),
        "CO2, yearly, 28 rows": task(weekly[:2236].reshape(-1, 52).mean(axis=1), 28, 4),
    }


def temperatures(folder):
    with open(folder / "climate/seattle-temps.csv", newline="") as file:
        hourly = np.array([float(row[1]) for row in list(csv.reader(file))[1:]])
    return {
        "Seattle, hourly": task(hourly, 5000, 24, 24),
        "Seattle, hourly, 72 rows": task(hourly[1000:1300], 72, 24, 24),
        "Seattle, hourly, 336 rows": task(hourly[3000:3800], 336, 24, 24),
        "Seattle, every six hours": task(hourly[::6], 700, 28, 4),
        "Seattle, daily": task(hourly[:8736].reshape(-1, 24).mean(axis=1), 200, 14),
    }


def weather(folder):
    with open(folder / "climate/seattle-weather.csv", newline="") as file:
        daily = np.array([[float(value) for value in row[1:5]] for row in list(csv.reader(file))[1:]])
    return {
        "Seattle weather, 4 channels": task(daily, 1000, 14, 365),
        "Seattle rain": task(daily[:, 0], 800, 10),
        "Seattle, daily maximum": task(daily[:, 1], 1000, 30, 365),
        "Seattle wind": task(daily[:, 3], 900, 7),
        "Seattle, monthly, 2 channels": task(daily[:1440].reshape(-1, 30, 4).mean(axis=1)[:, 1:3], 30, 6, 12),
    }


def nino_3(folder):
    table = np.load(folder / "climate/sst_nino3.npz")["data"]
    return {"Nino 3, 10 channels": task(table, 500, 12, 12), "Nino 3, one": task(table[:, 4], 300, 12, 12)}


def transformers(folder):
    """Loads and oil temperature of a transformer, hourly (ETTh1)."""
    table = np.load(folder / "ett/ETTh1.npz")["data"].astype(float)
    daily = table[:17400].reshape(-1, 24, 7).mean(axis=1)
    return {
        "ETTh1, 7 channels": task(table[:8000], 5000, 24, 24),
        "ETTh1, 7 channels, 500 rows": task(table[12000:13500], 500, 24, 24),
        "ETTh1, oil temperature": task(table[9000:12000, 6], 2000, 48, 24),
        "ETTh1, MUFL": task(table[3000:7000, 1], 3000, 48, 24),
        "ETTh1, HULL": task(table[12000:15500, 2], 2800, 24, 24),
        "ETTh1, LULL, 300 rows": task(table[15000:15700, 5], 300, 24, 24),
        "ETTh1, every six hours, 2 channels": task(table[:12000:6, [3, 5]], 1200, 28, 4),
        "ETTh1, daily, 3 channels": task(daily[:, [0, 2, 6]], 400, 14, 7),
        "ETTh1, daily oil temperature": task(daily[:, 6], 500, 14, 7),
    }


def laser(folder):
    values = np.genfromtxt(folder / "santafe_laser/santafe_laser_A_1_6000.csv")
    return {
        "laser": task(values, 3000, 50, 7),
        "laser, 1000 rows": task(values[3000:4500], 1000, 100, 7),
        "laser, 400 rows": task(values[5000:5700], 400, 40, 8),
    }


def heart(folder):
    values = np.load(folder / "ecg/ecg.npz")["data"]
    return {"heart": task(values, 700, 40), "heart, 400 rows": task(values[:600], 400, 30)}


def grasshopper(folder):
    """Counts of spikes of a receptor, and the sound that it hears."""
    record = np.load(folder / "grasshopper/grasshopper_1.npz")
    times = record[next(name for name in record.files if "spike" in name)].ravel()
    counts = np.histogram(times, np.linspace(times.min(), times.max(), 801))[0]
    sound = record["stimulus"].astype(float)[:150000].reshape(-1, 40).mean(axis=1)[:3700]
    return {"spike counts": task(counts, 600, 10), "grasshopper's sound": task(sound, 2500, 20)}


def chaotic_systems(folder):
    """Systems of dysts, one channel, 100 rows a period and 15."""
    fine = np.load(folder / "leaderboards/dysts_univariate_100.npz")
    coarse = np.load(folder / "leaderboards/dysts_univariate_15.npz")
    fine_rows = dict(zip(fine["systems"], fine["train"], strict=True))
    coarse_rows = dict(zip(coarse["systems"], coarse["train"], strict=True))
    found = {name: task(fine_rows[name], 900, 100, 100) for name in CHAOS + MORE_CHAOS if name in fine_rows}
    short = {name: task(coarse_rows[name], 130, 15, 15) for name in SHORT_CHAOS if name in coarse_rows}
    return found | {f"{name}, 15 rows a period": one for name, one in short.items()}


def _m4(folder, frequency, numbers):
    parts = []
    for part in ("train", "test"):
        table = np.load(folder / f"leaderboards/m4_{frequency}_{part}.npz")
        parts.append(np.split(table["values"], np.cumsum(table["lengths"])[:-1]))
    return {number: np.concatenate([part[number] for part in parts]) for number in numbers}


def m4_hourly(folder):
    series = _m4(folder, "hourly", HOURLY)
    return {f"M4, hourly {number}": task(y, len(y) - 168, 48, 24) for number, y in series.items()}


def m4_weekly(folder):
    series = _m4(folder, "weekly", WEEKLY)
    return {
        f"M4, weekly {number}": task(y, len(y) - max(26, len(y) // 6), 13, 52 if len(y) > 200 else 1)
        for number, y in series.items()
    }
