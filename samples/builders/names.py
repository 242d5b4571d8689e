"""Common US first and last names of diverse origins, to invent people from."""

from __future__ import annotations

_FIRST = """
Aaliyah Aaron Abigail Adam Adriana Ahmed Aisha Alan Alejandro Alexis Alicia Amanda Amara Amir Amy Ana Andrea
Andre Angela Anita Anthony Antonio April Ariana Arjun Ashley Benjamin Bethany Bianca Brandon Brenda Brian
Brianna Bridget Bruce Caleb Camila Carl Carla Carlos Carmen Caroline Carrie Catherine Cedric Chad Charlotte
Chen Cheryl Chloe Christina Cindy Claire Clarence Colin Connor Craig Crystal Curtis Cynthia Damon Dana
Daniel Danielle Darius Darlene David Dawn Deborah Deepa Denise Derek Desiree Devin Diana Diego Dmitri
Dominic Donna Dwayne Earl Ebony Edgar Eduardo Elena Elijah Elizabeth Emeka Emily Emmanuel Eric Erin Esther
Ethan Eva Evelyn Fatima Felicia Felix Fernando Frances Gabriel Garrett Gina Gloria Graham Grace Gregory
Guadalupe Hannah Harold Hassan Heather Hector Heidi Helen Hiroshi Holly Ian Imani Irene Isaac Isabel Ivan
Jacob Jamal Janelle Janet Jared Jasmine Javier Jeffrey Jenna Jerome Jesse Jin Jocelyn Jordan José Joyce Juan
Julia Kaitlyn Kareem Karen Karthik Katherine Keisha Kelly Kendra Kenji Kevin Khalil Kimberly Kofi Kristen
Lamar Latoya Laura Lauren Leah Leon Leticia Linda Lorraine Louis Lucia Luis Lydia Malik Marcus Margaret
Maria Marisol Marlon Martha Martin Maya Megan Mei Melissa Meredith Miguel Min Miriam Mohammed Monica Monique
Nadia Naomi Natalie Nathan Neha Nicole Nikhil Nina Noah Nora Olga Olivia Omar Oscar Owen Pamela Patrice
Patrick Paula Pedro Peter Philip Priya Quentin Rachel Rafael Rahul Ramona Randall Raul Raymond Rebecca
Regina Renée Rhonda Ricardo Robin Rodney Rosa Roxanne Ruben Russell Ryan Sabrina Samantha Samir Samuel
Sandra Sanjay Sara Sean Serena Seth Shanice Sharon Shawn Sheila Simone Sofia Sonia Stacy Stephanie Stuart
Sunil Susan Tamara Tanya Tariq Tasha Teresa Terrance Theodore Thuy Tiffany Timothy Tina Todd Tomás Tonya
Tracy Trevor Tyler Tyrone Uma Valerie Vanessa Veronica Victor Vincent Vivian Wanda Warren Wei Wendy Wesley
Whitney Xavier Yasmin Yolanda Yusuf Zachary Zoe
"""

_LAST = """
Abbott Adams Adeyemi Aguilar Ahmed Ali Allen Alvarez Anderson Andrews Armstrong Arnold Bailey Baker Banerjee
Barnes Barrett Becker Bell Bennett Bhatt Bianchi Bishop Black Blake Boateng Bowman Boyd Bradley Brennan
Brooks Brown Bryant Burke Burns Butler Byrne Cabrera Caldwell Campbell Cardenas Carlson Carpenter Carroll
Carter Castillo Castro Chambers Chandler Chang Chavez Chen Cho Chowdhury Clark Cohen Coleman Collins Conrad
Contreras Cooper Cortez Cox Crawford Cruz Cunningham Dalton Daniels Davenport Davis Delgado Desai Diaz Dixon
Dominguez Douglas Doyle Duncan Dunn Edwards Ellis Erickson Espinoza Estrada Evans Farrell Ferguson Fernandez
Fischer Fitzgerald Fleming Flores Ford Foster Fox Freeman Fuentes Gallagher Garcia Gardner Garza Gibson Gill
Goldberg Gomez Gonzalez Goodwin Gordon Graham Grant Greene Griffin Gupta Gutierrez Guzman Hale Hamilton
Hansen Hanson Harper Harris Harrison Hart Hassan Hawkins Hayes Henderson Hernandez Herrera Hicks Hoffman
Holland Holmes Horton Howard Hughes Hunt Hussain Ibrahim Ingram Iyer Jackson Jacobs Jenkins Jennings Jensen
Jimenez Johnston Jones Joseph Joshi Kapoor Kaplan Keller Kelley Kennedy Khan Kim Klein Knight Kowalski Kumar
Lambert Larson Lawson Le Lee Leon Levine Lewis Li Lin Liu Logan Lopez Lowe Lucas Lynch MacDonald Malone
Marquez Marsh Martinez Mason Matthews McCarthy McCoy McDaniel McKenzie Medina Mehta Mejia Mendoza Meyer
Miles Miller Mitchell Molina Montgomery Moore Morales Moreno Morgan Morris Mueller Muñoz Murphy Murray Myers
Nakamura Navarro Nelson Newman Nguyen Nichols Nielsen Norris Novak Nwosu Okafor Okonkwo Olson Ortega Ortiz
Osborne Owens Palmer Park Parker Patel Patterson Payne Pearson Peña Perez Perkins Perry Peters Peterson
Petrov Pham Phillips Pierce Porter Powell Price Quinn Ramirez Ramos Rao Reddy Reed Reyes Reynolds Rhodes
Rice Richards Riley Rios Rivera Robbins Roberts Robinson Rodriguez Rogers Rojas Romero Rosen Ross Rossi
Russo Ryan Salazar Sanchez Sanders Santiago Santos Sato Schmidt Schneider Schroeder Schultz Scott Serrano
Shah Shapiro Sharma Shaw Shelton Silva Simmons Singh Slater Snyder Soto Spencer Stanley Stein Stephens
Stewart Stone Suarez Sullivan Sutton Suzuki Takahashi Tan Tanaka Tate Taylor Thomas Thompson Thornton Torres
Tran Tucker Underwood Valdez Vargas Vasquez Vaughn Vega Wade Wagner Walker Wallace Walsh Walters Wang Warner
Washington Watkins Weaver Webb Weber Weiss Wells West Wheeler Williams Willis Wolfe Wong Woods Wright Wu
Yamamoto Yang Yoon Young Zamora Zhang Zhao Zimmerman
"""

FIRST_NAMES: tuple[str, ...] = tuple(_FIRST.split())
LAST_NAMES: tuple[str, ...] = tuple(_LAST.split())
